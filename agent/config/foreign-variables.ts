/**
 * `STREAMSPACE_*` variables that are no settings: mistyped ones, and those that Kubernetes injects.
 *
 * For each Service of a namespace the kubelet sets `{NAME}_SERVICE_HOST`, `{NAME}_SERVICE_PORT`,
 * `{NAME}_PORT=tcp://…` and `{NAME}_PORT_8080_TCP…` (Kubernetes documentation, "Service",
 * section "Environment variables"). A Service called `streamspace` therefore writes over
 * `STREAMSPACE_PORT`, which is a setting.
 */
import { nearestOf } from "./edit-distance.ts";

const prefix = "STREAMSPACE_";
/** A longer name is a mistake of another kind; this also bounds the work of comparing names. */
const longestComparedName = 128;
const namesShown = 6;

const serviceAddress =
  /^STREAMSPACE(_[A-Z0-9_]+)?_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/;
const servicePort =
  /^STREAMSPACE(_[A-Z0-9_]+)?_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/;
const servicePortUrl = /^STREAMSPACE(_[A-Z0-9_]+)?_PORT$/;

/** Whether Kubernetes, not a person, set the variable `name` to `value`. */
export function isServiceVariable(name: string, value: string): boolean {
  return (
    serviceAddress.test(name) ||
    servicePort.test(name) ||
    (servicePortUrl.test(name) && /^(tcp|udp|sctp):\/\//i.test(value))
  );
}

/**
 * Sentences about every `STREAMSPACE_*` variable of `env` that is not one of `known`: one for all
 * that come from Kubernetes, one for each other.
 */
export function warnAboutForeignVariables(
  env: NodeJS.ProcessEnv,
  known: readonly string[],
): string[] {
  const fromKubernetes: string[] = [];
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    if (isServiceVariable(name, value)) {
      fromKubernetes.push(name);
    } else if (!known.includes(name)) {
      warnings.push(warnAboutUnknown(name, known));
    }
  }
  if (fromKubernetes.length > 0) {
    warnings.unshift(warnAboutKubernetes(fromKubernetes));
  }
  return warnings;
}

function warnAboutUnknown(name: string, known: readonly string[]): string {
  const shown = name.slice(0, longestComparedName);
  const nearest = nearestOf(shown, known, (candidate) =>
    candidate.startsWith(prefix) ? candidate.slice(prefix.length) : candidate,
  );
  const hint = nearest === undefined ? "" : `; the nearest is ${nearest.name}`;
  return `${shown} is not a setting and is ignored${hint}`;
}

function warnAboutKubernetes(names: readonly string[]): string {
  const sorted = names.toSorted();
  const shown = sorted.slice(0, namesShown).join(", ");
  const more =
    sorted.length > namesShown ? ` and ${sorted.length - namesShown} more` : "";
  return (
    `${shown}${more}: Kubernetes sets these for a Service whose name begins with "streamspace"; ` +
    `they are ignored. Set enableServiceLinks: false in the pod, or rename the Service, to be rid of them`
  );
}
