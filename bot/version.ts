import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };

/** The folders and files whose code a decision depends on. */
const deciding = [
  "config/chains",
  "domain",
  "engine",
  "venues",
  "lenders",
  "wallet/ownCapital.ts",
  "risk/limits.ts",
  ...["decide", "offers", "sanity", "search", "size"].map((stage) => `pipeline/${stage}.ts`),
];

let known: string | undefined;

/** Names the code that decides: the package's version, and a digest of the sources. Equal names decide alike. */
export function codeVersion(): string {
  known ??= `${manifest.version} ${digest()}`;
  return known;
}

function digest(): string {
  const hash = createHash("sha256");
  for (const name of deciding) {
    for (const file of filesOf(name).sort())
      hash
        .update(file)
        .update("\0")
        .update(readFileSync(pathOf(file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function filesOf(name: string): string[] {
  if (name.endsWith(".ts")) return [name];
  const options = { recursive: true, encoding: "utf8" } as const;
  return readdirSync(pathOf(name), options)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${name}/${file.replaceAll("\\", "/")}`);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
