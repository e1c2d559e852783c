/**
 * The pieces that sections are made of.
 */
import { element } from "../dom.ts";

let lastId = 0;
/** An identifier that nothing else on the page has. */
export function uniqueId(prefix: string): string {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** A part of a section with a heading of its own. */
export function group(title: string, ...children: Node[]): HTMLElement {
  return element(
    "section",
    { className: "panel-group" },
    element("h3", { text: title }),
    ...children,
  );
}

/** Soft words. */
export function hint(text: string): HTMLParagraphElement {
  return element("p", { className: "panel-hint", text });
}

/** What a screen reader reads when its words change. */
export function statusLine(): HTMLParagraphElement {
  return element("p", {
    className: "panel-status",
    attributes: { role: "status" },
  });
}

export function action(
  text: string,
  onClick: () => void,
  options: { primary?: boolean; label?: string } = {},
): HTMLButtonElement {
  const button = element("button", {
    className: options.primary === true ? "primary" : "secondary",
    text,
    attributes: {
      type: "button",
      ...(options.label === undefined ? {} : { "aria-label": options.label }),
    },
  });
  button.addEventListener("click", onClick);
  return button;
}

/** A check box that looks like a switch. */
export function toggle(
  text: string,
  onChange: (on: boolean) => void,
): { element: HTMLElement; input: HTMLInputElement } {
  const input = element("input", {
    className: "switch",
    attributes: { type: "checkbox", role: "switch" },
  });
  input.addEventListener("change", () => {
    onChange(input.checked);
  });
  const label = element(
    "label",
    { className: "panel-toggle" },
    element("span", { text }),
    input,
  );
  return { element: label, input };
}

/** One of some choices, each with a name and what it means. */
export interface Choice<Value extends string> {
  value: Value;
  name: string;
  hint?: string;
}

/** Radio buttons under a legend. */
export function choices<Value extends string>(options: {
  legend: string;
  choices: readonly Choice<Value>[];
  onChange: (value: Value) => void;
}): {
  element: HTMLFieldSetElement;
  /** @param disabled those that cannot be chosen now. */
  set: (value: Value | undefined, disabled?: readonly Value[]) => void;
} {
  const name = uniqueId("choice");
  const inputs = new Map<Value, HTMLInputElement>();
  const rows = options.choices.map((choice) => {
    const input = element("input", {
      attributes: { type: "radio", name, value: choice.value },
    });
    input.addEventListener("change", () => {
      options.onChange(choice.value);
    });
    inputs.set(choice.value, input);
    const words = element(
      "span",
      { className: "choice-words" },
      element("span", { className: "choice-name", text: choice.name }),
    );
    if (choice.hint !== undefined)
      words.append(
        element("span", { className: "panel-hint", text: choice.hint }),
      );
    return element("label", { className: "choice" }, input, words);
  });
  return {
    element: element(
      "fieldset",
      { className: "choices" },
      element("legend", { text: options.legend }),
      ...rows,
    ),
    set: (value, disabled = []) => {
      for (const [each, input] of inputs) {
        input.checked = each === value;
        input.disabled = disabled.includes(each);
      }
    },
  };
}

/** A field under its label. */
export function labelled(
  text: string,
  field: HTMLElement,
  hintText?: string,
): HTMLElement {
  const id = uniqueId("field");
  field.id = id;
  const label = element("label", { text, attributes: { for: id } });
  if (hintText === undefined)
    return element("div", { className: "panel-field" }, label, field);
  const words = hint(hintText);
  words.id = `${id}-hint`;
  field.setAttribute("aria-describedby", words.id);
  return element("div", { className: "panel-field" }, label, field, words);
}

/** Pairs of a name and a value. */
export function facts(): {
  element: HTMLDListElement;
  set: (lines: readonly { label: string; value: string }[]) => void;
} {
  const list = element("dl", { className: "facts" });
  return {
    element: list,
    set: (lines) => {
      list.replaceChildren(
        ...lines.flatMap(({ label, value }) => [
          element("dt", { text: label }),
          element("dd", { text: value }),
        ]),
      );
    },
  };
}
