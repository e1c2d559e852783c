import type { LoadedConfig } from "../../config/load-config.ts";
import { captureCheck } from "../doctor/check-capture.ts";
import { displayCheck } from "../doctor/check-display.ts";
import { encodersCheck } from "../doctor/check-encoders.ts";
import { gstreamerCheck } from "../doctor/check-gstreamer.ts";
import { iceCheck } from "../doctor/check-ice.ts";
import { listenerCheck } from "../doctor/check-listener.ts";
import { soundCheck } from "../doctor/check-sound.ts";
import {
  childrenCheck,
  runtimeDirectoryCheck,
  vncCheck,
} from "../doctor/check-system.ts";
import { runChecks, type Check, type Finding } from "../doctor/finding.ts";
import { hostFacts } from "../doctor/host-facts.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";

const checks: readonly Check[] = [
  runtimeDirectoryCheck,
  childrenCheck,
  displayCheck,
  gstreamerCheck,
  encodersCheck,
  captureCheck,
  soundCheck,
  listenerCheck,
  iceCheck,
  vncCheck,
];

/**
 * Checks the machine and writes what was found.
 * @returns 0 where a session would work, 1 where something must be mended first.
 */
export async function doctor(
  options: LoadedConfig & { output: Output; json: boolean },
): Promise<number> {
  const { config, warnings, output, json } = options;
  const [host, found] = await Promise.all([
    hostFacts(),
    runChecks(checks, config),
  ]);
  const findings = [...warnings.map(settingWarning), ...found];
  const failed = findings.some((finding) => finding.status === "fail");
  if (json) {
    output.result(JSON.stringify({ ok: !failed, host, findings }, null, 2));
  } else {
    for (const line of report(host, findings)) output.result(line);
  }
  return failed ? exitCodes.failure : exitCodes.ok;
}

function settingWarning(message: string): Finding {
  return {
    area: "settings",
    status: "warn",
    message,
    mend: "The settings are described in docs/configuration.md.",
  };
}

function report(host: string, findings: readonly Finding[]): string[] {
  const areaWidth = Math.max(...findings.map(({ area }) => area.length));
  const lines = findings.flatMap(({ area, status, message, mend }) => {
    const head = `${status.padEnd(4)}  ${area.padEnd(areaWidth)}  `;
    const indent = " ".repeat(head.length);
    return [
      `${head}${message}`,
      ...(mend === undefined ? [] : [`${indent}→ ${mend}`]),
    ];
  });
  const count = (status: Finding["status"]): number =>
    findings.filter((finding) => finding.status === status).length;
  return [
    host,
    ...lines,
    `${count("ok")} ok, ${count("warn")} to know, ${count("fail")} to mend`,
  ];
}
