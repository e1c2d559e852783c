/**
 * The reference document of the settings, as Markdown.
 */
import { sections, type Section, type Setting } from "./setting.ts";
import { settingNames, settings } from "./settings.ts";

const introduction = `<!-- Written by "npm run docs:config" from agent/config/settings.ts; do not edit. -->

# Configuration

Every setting is a flag of \`streamspace-agent run\` and an environment variable. A flag counts more
than the variable, the variable more than the default. An empty variable counts as not set.

All problems are reported together, each with what is allowed, and the exit code is 78. A
\`STREAMSPACE_*\` variable that is none of these is warned about. Kubernetes sets some of its own for a
Service whose name begins with \`streamspace\`, \`STREAMSPACE_PORT=tcp://…\` among them: they are
recognised, ignored and warned about once; \`enableServiceLinks: false\` in the pod keeps them away.
`;

/** The whole document; ends with a newline. */
export function configReference(): string {
  return [introduction, ...sections.map(sectionText)].join("\n");
}

function sectionText(section: Section): string {
  const entries = settingNames
    .map((name): Setting<unknown> => settings[name])
    .filter((setting) => setting.section === section)
    .map(settingText);
  return [`## ${section}\n`, ...entries].join("\n");
}

function settingText(setting: Setting<unknown>): string {
  const { flag, variable, kind, description, defaultText, secret } = setting;
  const given = [
    flag === undefined ? undefined : code(flagText(flag, kind)),
    setting.commandLine === undefined ? undefined : code(setting.commandLine),
    code(variable),
  ];
  return `### ${given.filter((part) => part !== undefined).join(" · ")}

${description}

- Default: ${defaultText}
- Allowed: ${kind.allowed}
${secret ? "- Secret: the value appears in no message and no log.\n" : ""}`;
}

function flagText(flag: string, kind: Setting<unknown>["kind"]): string {
  return kind.isSwitch
    ? `${flag}, ${flag.replace("--", "--no-")}`
    : `${flag} <${kind.placeholder}>`;
}

function code(text: string): string {
  return `\`${text}\``;
}
