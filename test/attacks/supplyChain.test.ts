import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { attacksOnBot } from "./attack.ts";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
}

async function readJson(file: string) {
  return JSON.parse(await readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8"));
}

/** Installs a package as npm does: what was downloaded must have the hash that the lock file names, if it names one. */
function install(contents: Uint8Array, integrity: string | undefined): string | undefined {
  if (integrity === undefined) return undefined;
  const [algorithm, expected] = [
    integrity.slice(0, integrity.indexOf("-")),
    integrity.slice(integrity.indexOf("-") + 1),
  ];
  const found = createHash(algorithm).update(contents).digest("base64");
  return found === expected ? undefined : `EINTEGRITY: wanted ${expected}, got ${found}`;
}

attacksOnBot("O6", (attack) => {
  attack("an installation without hashes", async (isDefended) => {
    const { packages } = (await readJson("package-lock.json")) as { packages: Record<string, LockedPackage> };
    const contents = new TextEncoder().encode("module.exports = steal;");
    const locked = Object.entries(packages).filter(([name, { link, inBundle }]) => name !== "" && !link && !inBundle);
    expect(locked.length).to.be.greaterThan(100);
    const refusals = locked.map(([, { integrity }]) => install(contents, isDefended ? integrity : undefined));
    const [refusal] = refusals;
    const loot = BigInt(refusals.filter((each) => each === undefined).length);
    return refusal === undefined ? { loot } : { loot, refusal };
  });

  it("fails against the bot, whose packages are named by exact versions", async () => {
    const { dependencies = {}, devDependencies = {} } = await readJson("package.json");
    const versions: string[] = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).to.deep.equal(
      [],
    );
  });
});
