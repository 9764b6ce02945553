import { expect } from "chai";
import { weiInUsdE8Up } from "../../bot/domain/gas.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import type { SenderChain } from "../../bot/sender/chain.ts";
import type { Sender } from "../../bot/sender/sender.ts";
import type { SenderEvent } from "../../bot/sender/settle.ts";
import type { Submit } from "../../bot/sender/submission/submission.ts";
import { createModelChain, type ModelChain, type ModelFaults } from "../support/modelChain.ts";
import { modelKey, modelSender, modelValuation, sendModelOrder, strictBooks } from "../support/modelSender.ts";
import { type Random, seededRandom } from "../support/random.ts";

const account = modelKey.address;
const [seeds, stepsPerSeed] = [16, 250];

/** One life of the program: it ends at a random await, before or after what it awaits has happened, and never goes on. */
interface Life {
  readonly sender: Sender;
  isOver: boolean;
  readonly ended: Promise<void>;
}

function createWorld(random: Random) {
  const model = createModelChain(1_000_000n, account);
  const ledger = openLedger(":memory:");
  const books = strictBooks();
  const events: SenderEvent[] = [];
  const chance = (percent: bigint) => random.bigint(0n, 99n) < percent;
  const raws = new Map<string, string>();
  const foreign = new Set<string>();
  let deadly = 2n;

  function begin(): Life {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const never = new Promise<never>(() => {});
    const mortal = async <T>(work: () => Promise<T>): Promise<T> => {
      const dies = () => {
        if (!life.isOver && chance(deadly)) {
          life.isOver = true;
          end();
        }
        return life.isOver;
      };
      if (dies()) return never;
      const result = await work();
      return dies() ? never : result;
    };
    const { head, bodyOf, nonceAt, receiptOf, isKnown, tryCall, balanceAt } = model.chain;
    const chain: SenderChain = {
      head: () => mortal(head),
      bodyOf: (block) => mortal(() => bodyOf(block)),
      nonceAt: (of, block) => mortal(() => nonceAt(of, block)),
      receiptOf: (hash) => mortal(() => receiptOf(hash)),
      isKnown: (hash) => mortal(() => isKnown(hash)),
      tryCall: (from, call) => mortal(() => tryCall(from, call)),
      balanceAt: (token, of, block) => mortal(() => balanceAt(token, of, block)),
    };
    const submit: Submit = (raw, conditions) => mortal(() => model.submit(raw, conditions));
    const life: Life = { sender: modelSender({ ledger, model, books, events, chain, submit }), isOver: false, ended };
    return life;
  }

  let life = begin();
  /** Does something in this life, and begins another one where it was the last thing that was done. */
  async function live(work: (sender: Sender) => Promise<unknown>): Promise<void> {
    await Promise.race([work(life.sender), life.ended]);
    // Whatever was under way beside it comes to the next thing that it awaits, and stays there.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (life.isOver) life = begin();
  }

  return {
    model,
    ledger,
    books,
    events,
    raws,
    foreign,
    chance,
    live,
    kill() {
      life.isOver = true;
      life = begin();
    },
    makeImmortal() {
      deadly = 0n;
    },
  };
}

type World = ReturnType<typeof createWorld>;

/** Names of orders count on over all worlds, so that each is one opportunity. */
let orders = 0;

async function sendOne({ model, ledger, books, live, raws }: World, random: Random): Promise<void> {
  orders += 1;
  const profit = random.bigint(1_000_000n, 9_000_000n);
  const deadline = model.newest().timestamp + random.bigint(1n, 15n);
  const order = { name: `order ${orders}`, profit, deadline };
  await live((sender) => sendModelOrder(sender, ledger, books, order));
  for (const { hash, raw } of ledger.transactions.open()) if (raw !== undefined) raws.set(hash, raw);
}

async function sendForeign({ model, foreign, raws, ledger }: World): Promise<void> {
  // What the key did before the ledger knew it is not asked for.
  if (ledger.transactions.highestUsedNonce(account) === undefined) return;
  const fees = { gasLimit: 21_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
  const nonce = model.countOf();
  const raw = await modelKey.signTransaction({ type: 2, chainId: 42_161, nonce, to: account, ...fees });
  try {
    model.take(raw);
    model.mine(1);
  } catch {
    return;
  }
  for (const { hash } of model.newest().mined) {
    if (!raws.has(hash)) foreign.add(hash);
    raws.set(hash, raw);
  }
}

const submitting: readonly ModelFaults["submits"][] = [
  "takes",
  "takes-and-fails",
  "fails",
  "forgets",
  "refuses-condition",
];

function misbehave({ model, chance }: World, random: Random): void {
  const { faults } = model;
  faults.lag = chance(50n) ? Number(random.bigint(0n, 6n)) : 0;
  faults.hidesReceipts = chance(30n);
  faults.deniesTransactions = chance(30n);
  faults.hidesBlocks = chance(15n);
  faults.nonceLie = chance(10n) ? 1 : 0;
  faults.submits = random.pick(submitting);
}

function reorganize({ model, foreign, raws, chance }: World, random: Random): void {
  const count = Number(random.bigint(1n, 3n));
  const taken = model.minedAll().filter(({ block }) => block > BigInt(model.length() - 1 - count));
  // What another program did and undid is not the ledger's to follow.
  if (model.length() <= count + 1 || taken.some(({ hash }) => foreign.has(hash))) return;
  model.reorganize(count, () => chance(60n), raws);
  model.mine(chance(50n) ? 0 : 1);
}

async function step(world: World, random: Random): Promise<void> {
  const { model, live, ledger } = world;
  const dice = random.bigint(0n, 999n);
  if (dice < 300n) await sendOne(world, random);
  else if (dice < 620n) await live((sender) => sender.settle(modelValuation));
  else if (dice < 780n) model.mine(Number(random.bigint(0n, 3n)), random.bigint(0n, 3n));
  else if (dice < 830n) model.wait(Number(random.bigint(0n, 5_000n)));
  else if (dice < 870n) model.mempool.delete(random.pick([...model.mempool.keys(), ""]));
  else if (dice < 900n) {
    const { opportunity } = random.pick([...ledger.transactions.open(), { opportunity: undefined }]);
    if (opportunity !== undefined) model.gone.add(opportunity);
  } else if (dice < 940n) misbehave(world, random);
  else if (dice < 970n) model.calm();
  else if (dice < 985n) reorganize(world, random);
  else if (dice < 992n) world.kill();
  else await sendForeign(world);
}

/** Lets the chain go on, in peace, until nothing is open any more. */
async function comeToRest(world: World): Promise<void> {
  const { model, live, ledger } = world;
  world.makeImmortal();
  world.kill();
  model.calm();
  for (let block = 0; block < 200; block++) {
    model.mine(2);
    model.wait(1_000);
    await live((sender) => sender.settle(modelValuation));
    if (block > 20 && ledger.transactions.open().length === 0 && model.mempool.size === 0) return;
  }
  throw new Error(`${ledger.transactions.open().length} transactions never settle`);
}

/** Compares the ledger with the chain. */
function audit({ model, ledger, books, foreign, events }: World): void {
  const chain: ReturnType<ModelChain["minedAll"]> = model.minedAll();
  expect(chain.map(({ nonce }) => nonce)).to.deep.equal(chain.map((_, index) => index));
  const ours = chain.filter(({ hash }) => !foreign.has(hash));
  const known = ledger.transactions.minedSince(account, 0n).toReversed();
  expect(known.map(({ hash }) => hash)).to.deep.equal(ours.map(({ hash }) => hash));
  expect(known.map(({ receipt }) => [receipt.block, receipt.succeeded])).to.deep.equal(
    ours.map(({ block, succeeded }) => [block, succeeded]),
  );
  const taken = ledger.transactions.takenNonces(account, 0);
  expect(chain.filter(({ nonce }) => !taken.has(nonce))).to.deep.equal([]);
  const found = events.filter(({ event }) => event === "foreign").map(({ hash }) => hash);
  expect(new Set(found)).to.deep.equal(foreign);

  const subjectOf = new Map(known.map(({ hash, opportunity }) => [hash, opportunity]));
  const netOf = ({ order, succeeded, gasUsed, gasPriceWei }: (typeof chain)[number]) => {
    const cost = weiInUsdE8Up(gasUsed * gasPriceWei, 3_000_00000000n);
    return order !== undefined && succeeded ? BigInt(order.profit) * 100n - cost : -cost;
  };
  const nets = ours.flatMap((one) => (subjectOf.get(one.hash) === undefined ? [] : [netOf(one)]));
  const sorted = (values: readonly bigint[]) => [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expect(sorted(ledger.transactions.results(0n).map(({ netUsdE8 }) => netUsdE8)), "results").to.deep.equal(
    sorted(nets),
  );
  expect(sorted([...books.net.values()]), "books").to.deep.equal(sorted(nets));
  expect([...books.status.values()].filter((status) => status === "open")).to.deep.equal([]);
  const landed = ours.flatMap(({ order, succeeded }) => (order !== undefined && succeeded ? [order.opportunity] : []));
  expect(new Set(landed).size, "no order lands twice").to.equal(landed.length);
}

describe("bot: sender, in random interleavings", () => {
  it("uses each nonce once, knows all that was mined, and books each profit once, whatever is killed, dropped or lied about", async function () {
    this.timeout(300_000);
    const totals = { mined: 0, failed: 0, foreign: 0, events: new Map<string, number>() };
    for (let seed = 1; seed <= seeds; seed++) {
      const random = seededRandom(seed);
      const world = createWorld(random);
      try {
        for (let at = 0; at < stepsPerSeed; at++) await step(world, random);
        await comeToRest(world);
        audit(world);
      } catch (error) {
        throw new Error(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      const mined = world.model.minedAll();
      totals.mined += mined.length;
      totals.failed += mined.filter(({ succeeded }) => !succeeded).length;
      totals.foreign += world.foreign.size;
      for (const { event } of world.events) totals.events.set(event, (totals.events.get(event) ?? 0) + 1);
      world.ledger.close();
    }
    // What the worlds are there for has to happen in them.
    const happened = [...totals.events.keys()].sort();
    const all = ["cancelled", "dropped", "foreign", "left-the-chain", "replaced", "sent-again", "unexplained"];
    expect(happened).to.deep.equal(all);
    expect(totals.mined > 400 && totals.failed > 40, JSON.stringify([totals.mined, totals.failed])).to.equal(true);
  });
});
