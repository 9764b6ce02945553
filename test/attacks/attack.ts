import { expect } from "chai";
import { dataLength, dataSlice, Interface } from "ethers";
import { revertData } from "../../bot/rpc/revert.ts";
import { FlashArbitrage__factory, Token__factory, TokenWithPermit__factory } from "../../types/index.js";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { headingOf, type RowId, rowOf } from "./catalogue.ts";
import { createStage, deployVictim, type Stage, type Victim } from "./stage.ts";

/** An attack that is set up. */
export interface Strike {
  /** Carries it out. */
  readonly strike: () => Promise<unknown>;
  /** Returns what it has gained, or what harm it has done. Zero before. */
  readonly loot: () => Promise<bigint>;
  /** What the attack is after: the loot of a strike that succeeds. */
  readonly worth: bigint;
  /**
   * What refuses it: the error with its arguments, or undefined where the strike runs and gains nothing. Another one for
   * the sound executor where that has another check.
   */
  readonly refusal: string | undefined;
  readonly soundRefusal?: string;
}

export interface Attack {
  /** The executor of test/solidity/broken that the attack succeeds against. */
  readonly twin: string;
  /** The executor that has the one check more. */
  readonly sound?: string;
  /** Tells apart the attacks of one row. */
  readonly variant?: string;
  /** Why it needs the localnet, if it does. */
  readonly onlyLocal?: string;
}

/** Sets an attack up. */
export type Plan = (stage: Stage, victim: Victim) => Promise<Strike>;

/** Runs the attacks of a row, each against its broken twin, the executor with the check, and FlashArbitrage. */
export function attacks(
  id: RowId,
  define: (attack: (which: Attack, plan: Plan) => void, stage: () => Stage) => void,
): void {
  let stage: Stage;
  describe(headingOf(id), () => {
    const chain = useArbitrum();
    before(async () => {
      stage = await createStage(chain());
    });
    define(attackWith, () => stage);
  });

  function attackWith({ twin, sound = "SoundExecutor", variant, onlyLocal }: Attack, plan: Plan): void {
    const suffix = variant === undefined ? "" : `, ${variant}`;
    it(`succeeds against ${twin}${suffix}`, async function () {
      if (isFork && onlyLocal !== undefined) skip(this, onlyLocal);
      const { strike, loot, worth } = await plan(stage, await deployVictim(stage, twin));
      expect(await loot(), "before the strike").to.equal(0n);
      // What counts is the loot: an attack on the victim's gas reverts.
      await refusalOf(strike);
      expect(await loot(), "the loot").to.equal(worth);
    });

    it(`fails against ${sound}${suffix}`, async function () {
      if (isFork && onlyLocal !== undefined) skip(this, onlyLocal);
      const { strike, loot, refusal, soundRefusal } = await plan(stage, await deployVictim(stage, sound));
      expect(await refusalOf(strike), "the refusal").to.equal(soundRefusal ?? refusal);
      expect(await loot(), "the loot").to.equal(0n);
    });

    it(`fails against FlashArbitrage${suffix}`, async function () {
      if (isFork && onlyLocal !== undefined) skip(this, onlyLocal);
      const { strike, loot, refusal } = await plan(stage, await deployVictim(stage, "FlashArbitrage"));
      const refused = await refusalOf(strike);
      expect(refused, "the refusal").to.equal(refusal);
      const isNamed = rowOf(id).refusals.some((name) => (refused ?? "gains nothing").includes(name));
      expect(isNamed, `the catalogue names the refusal: ${refused}`).to.equal(true);
      expect(await loot(), "the loot").to.equal(0n);
    });
  }
}

/** What an attack on the bot came to. */
export interface Attempt {
  /** What it has gained, or what harm it has done. */
  readonly loot: bigint;
  /** What the bot said to it, if anything. */
  readonly refusal?: string;
}

/** Runs the attacks of a row on the bot: without its defence, and as it is. */
export function attacksOnBot(
  id: RowId,
  define: (attack: (twin: string, attempt: (isDefended: boolean) => Promise<Attempt>) => void) => void,
): void {
  describe(headingOf(id), () => {
    define((twin, attempt) => {
      it(`succeeds against ${twin}`, async () => {
        expect(Number((await attempt(false)).loot), "the loot").to.be.greaterThan(0);
      });

      it("fails against the bot", async () => {
        const { loot, refusal = "gains nothing" } = await attempt(true);
        expect(loot, "the loot").to.equal(0n);
        const isNamed = rowOf(id).refusals.some((name) => refusal.includes(name));
        expect(isNamed, `the catalogue names the refusal: ${refusal}`).to.equal(true);
      });
    });
  });
}

function skip(test: Mocha.Context, reason: string): never {
  process.stdout.write(`      skipped on a fork: ${reason}\n`);
  return test.skip();
}

const errors = new Interface([
  ...FlashArbitrage__factory.abi.filter(({ type }) => type === "error"),
  ...Token__factory.abi.filter(({ type }) => type === "error"),
  ...TokenWithPermit__factory.abi.filter(({ type }) => type === "error"),
]);

/** Returns what a strike is refused with, or undefined when it runs. An error that is no revert is thrown. */
export async function refusalOf(strike: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await strike();
    return undefined;
  } catch (error) {
    const data = revertData(error);
    if (data === undefined) throw error;
    return wordsOf(data);
  }
}

/** Puts revert data into words; a reason inside of them in turn. */
function wordsOf(data: string): string {
  if (dataLength(data) === 0) return "no reason";
  const parsed = dataLength(data) % 32 === 4 ? errors.parseError(data) : null;
  if (parsed === null) return `${dataSlice(data, 0, 4)}… of ${dataLength(data)} bytes`;
  const args = parsed.fragment.inputs.map(({ baseType }, index) => {
    const value = String(parsed.args[index]);
    return baseType === "bytes" ? wordsOf(value) : value;
  });
  return `${parsed.name}(${args.join(", ")})`;
}
