import { expect } from "chai";
import { id as keccakText } from "ethers";
import { isNoTrade } from "../../../bot/domain/noTrade.ts";
import { type Ledger, openLedger } from "../../../bot/ledger/ledger.ts";
import { createBooks } from "../../../bot/risk/books.ts";
import type { RiskLimits } from "../../../bot/risk/limits.ts";
import { createReservations, type Reservations } from "../../../bot/risk/reservations.ts";
import type { Sender } from "../../../bot/sender/sender.ts";
import { createModelChain, type ModelChain } from "../../support/modelChain.ts";
import { modelKey, modelSender, modelValuation, sendModelOrder } from "../../support/modelSender.ts";
import { wideLimits } from "../../support/riskLimits.ts";

const begin = 1_000_000n;

describe("bot: risk and settlement", () => {
  let model: ModelChain;
  let ledger: Ledger;
  let reservations: Reservations;
  let sender: Sender;
  /** What the treasury's balance grows by in every block, of what its profit is there. */
  let gain: bigint;

  const start = (limits: Partial<RiskLimits> = {}) => {
    model = createModelChain(begin, modelKey.address);
    ledger = openLedger(":memory:");
    ledger.risk.noteCapital(10n ** 12n, begin);
    reservations = createReservations(ledger, { ...wideLimits, ...limits });
    const balanceAt = async (_token: string, _account: string, block: bigint) => block * gain;
    sender = modelSender({
      ledger,
      model,
      books: createBooks(reservations),
      chain: { ...model.chain, balanceAt },
      change: { halt: (cause, at) => ledger.risk.change({ kind: "halt", who: "settlement", ...cause }, at) },
    });
  };
  beforeEach(() => {
    gain = 5_000_000n;
  });
  afterEach(() => ledger.close());

  /** Sends an order that may lose a dollar. */
  const send = async (name: string) => {
    const reserve = () => {
      const stake = {
        purpose: { kind: "order", opportunity: keccakText(name), route: name },
        token: "0xtoken",
        amount: 1n,
        valueUsdE8: 1n,
        maxGasWei: 10n ** 15n,
        maxLossUsdE8: 1_00000000n,
      } as const;
      const reserved = reservations.reserve(stake, begin);
      if (isNoTrade(reserved)) throw new Error(reserved.noTrade);
    };
    await sendModelOrder(sender, ledger, { reserve }, { name, profit: 5_000_000n, deadline: begin + 30n });
  };
  const settle = () => sender.settle(modelValuation);

  it("books what a transaction came to, and gives the room of one that can no longer be mined back", async () => {
    start();
    await send("a");
    expect(ledger.risk.exposure(begin).open).to.have.length(1);
    model.mine();
    await settle();
    expect(ledger.risk.exposure(begin).open).to.deep.equal([]);
    expect(ledger.risk.state().state).to.equal("RUNNING");
    expect(ledger.risk.exposure(begin + 10n).gasInHourWei > 0n).to.equal(true);
  });

  it("books a conversion at the loss that was reserved for it: its price is not known, but its gas", async () => {
    start();
    const stake = { token: "0xtoken", amount: 1n, valueUsdE8: 1n, maxGasWei: 10n ** 15n, maxLossUsdE8: 7_00000000n };
    await sender.send({
      purpose: "conversion",
      to: modelKey.address,
      data: "0x",
      valueWei: 0n,
      gasLimit: 100_000n,
      record: () => {
        const reserved = reservations.reserve({ ...stake, purpose: { kind: "conversion", conversion: 1 } }, begin);
        if (isNoTrade(reserved)) throw new Error(reserved.noTrade);
        return { conversion: 1 };
      },
    });
    model.mine();
    await settle();
    const { open, lostTodayUsdE8, gasInHourWei } = ledger.risk.exposure(begin + 10n);
    expect(open).to.deep.equal([]);
    expect(lostTodayUsdE8).to.equal(7_00000000n);
    expect(gasInHourWei > 0n).to.equal(true);
  });

  it("halts at the last loss of a streak, with the opportunity that brought it", async () => {
    start({ maxLossesInARow: 2 });
    for (const name of ["a", "b"]) {
      await send(name);
      model.gone.add(keccakText(name));
    }
    await send("c").then(
      () => expect.fail("sent"),
      (error: unknown) => expect(String(error)).to.contain("loss-streak"),
    );
    model.mine();
    await settle();
    expect(ledger.risk.state()).to.include({ state: "HALTED", reason: "loss-streak", who: "limits" });
  });

  it("halts where the treasury gained less than the event reports, and not where it gained more", async () => {
    start();
    gain = 5_000_001n;
    await send("a");
    model.mine();
    await settle();
    expect(ledger.risk.state().state).to.equal("RUNNING");
    gain = 4_999_999n;
    await send("b");
    model.mine();
    await settle();
    const { state, reason, detail } = ledger.risk.state();
    expect([state, reason]).to.deep.equal(["HALTED", "treasury-mismatch"]);
    expect(detail).to.contain("profit of 5000000").and.to.contain("gained 4999999");
  });
});
