import { cpu, mem, osInfo } from "systeminformation";
import { settlesWithin } from "../../base/deadline.ts";
import { agentVersion } from "../../config/version.ts";

const factsTimeoutMs = 5_000;

/** The machine in one line: what somebody who helps would ask first. */
export async function hostFacts(): Promise<string> {
  const program = `streamspace-agent ${agentVersion()}, Node ${process.versions.node}`;
  const facts = Promise.all([osInfo(), cpu(), mem()]);
  if (!(await settlesWithin(facts, factsTimeoutMs))) return program;
  const [system, processor, memory] = await facts;
  const gibibytes = (memory.total / 2 ** 30).toFixed(1);
  return [
    program,
    `${system.distro} ${system.release} (${system.arch})`,
    `${processor.cores} × ${processor.manufacturer} ${processor.brand}`,
    `${gibibytes} GiB of memory`,
  ].join(", ");
}
