import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Node } from "./mutants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

/** What the compiler is asked and what it answers: the parts of its standard JSON that are used here. */
interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly ast: Node }>>;
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Compiled>>>>;
}

interface Compiled {
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string; readonly immutableReferences: object };
  };
}

/** What a contract's artifact says of its code. */
export interface Code {
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly immutableReferences: object;
}

/** The sources of `contracts/`, by path. */
export function readContracts(): Readonly<Record<string, string>> {
  const files = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith(".sol"))
      .sort()
      .map((file) => [`contracts/${file}`, readFileSync(join(root, "contracts", file), "utf8")]),
  );
}

/** Returns the syntax trees of sources, by path. */
export function parse(sources: Readonly<Record<string, string>>): Readonly<Record<string, Node>> {
  const { errors = [], sources: trees = {} } = compile(sources, { "*": { "": ["ast"] } });
  const failed = errors.find(({ severity }) => severity === "error");
  if (failed !== undefined) throw new Error(failed.formattedMessage);
  return Object.fromEntries(Object.keys(sources).map((file) => [file, trees[file]?.ast as Node]));
}

/** What the compiler makes of the code that it has translated. */
const optimizers = {
  /** A quarter of the time, and nearly twice the size. */
  none: { enabled: false },
  /** The fewest runs make the smallest code. */
  size: { enabled: true, runs: 1 },
};

/**
 * Compiles FlashArbitrage with the compiler's legacy pipeline, which takes a tenth of the time, or returns undefined where
 * the sources do not compile.
 */
export function compileFlashArbitrage(
  sources: Readonly<Record<string, string>>,
  optimizer: keyof typeof optimizers = "none",
): Code | undefined {
  const file = "contracts/FlashArbitrage.sol";
  const wanted = ["bytecode.object", "deployedBytecode.object", "deployedBytecode.immutableReferences"];
  const selection = { [file]: { FlashArbitrage: wanted.map((part) => `evm.${part}`) } };
  const compiled = compile(sources, selection, optimizers[optimizer]).contracts?.[file]?.FlashArbitrage;
  if (compiled === undefined) return undefined;
  const { bytecode, deployedBytecode } = compiled.evm;
  return {
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    immutableReferences: deployedBytecode.immutableReferences,
  };
}

function compile(
  sources: Readonly<Record<string, string>>,
  outputSelection: object,
  optimizer: object = optimizers.none,
): Output {
  const { compile: run } = require("solc") as { compile(input: string, readers: object): string };
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([file, content]) => [file, { content }])),
    settings: { optimizer, evmVersion: "cancun", metadata: { bytecodeHash: "none" }, outputSelection },
  };
  const readers = {
    import: (path: string) => {
      try {
        return { contents: readFileSync(join(root, "node_modules", path), "utf8") };
      } catch (error) {
        return { error: String(error) };
      }
    },
  };
  return JSON.parse(run(JSON.stringify(input), readers)) as Output;
}
