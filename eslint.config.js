import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist/", "coverage/", "test-results/", ".toolchain/"]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
      // A switch over a union must say what it does with every member, or with the rest.
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `process.env["PATH"]` is how tsconfig's noPropertyAccessFromIndexSignature wants it.
      "@typescript-eslint/dot-notation": [
        "error",
        { allowIndexSignaturePropertyAccess: true },
      ],
      // noUncheckedIndexedAccess makes `!` the usual way around a check; it hides the mistakes it was turned on for.
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
      // `== null` is the one short way to say "null or undefined".
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    files: ["**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Programs that talk to a person at a terminal.
    files: ["scripts/**", "test/bench/**"],
    rules: { "no-console": "off" },
  },
);
