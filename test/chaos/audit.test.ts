import { expect } from "chai";
import {
  type AuditLimits,
  audit,
  type ChainFacts,
  type ChainTransaction,
  type LedgerFacts,
  type LedgerReservation,
  type LedgerTransaction,
} from "./audit.ts";

const account = "0xaccount";
const [usdc, weth] = ["0xusdc", "0xweth"];

const limits: AuditLimits = {
  maxOpenOrders: 2,
  maxTradesPerMinute: 3,
  maxGasPerHourWei: 10_000n,
  maxGasPerDayWei: 10_000n,
  maxOrderUsdE8: 500n,
  maxLossesInARow: 3,
  maxDailyLossBps: 1_000n,
};

const sent = (nonce: number, change: Partial<LedgerTransaction> = {}): LedgerTransaction => ({
  hash: `0x${nonce}`,
  purpose: "order",
  opportunity: `0xo${nonce}`,
  conversion: undefined,
  account,
  nonce,
  status: "mined",
  seenAtMs: 1_000,
  sentAtMs: 1_010,
  ...change,
});
const mined = (nonce: number, change: Partial<ChainTransaction> = {}): ChainTransaction => ({
  hash: `0x${nonce}`,
  nonce,
  block: 100n + BigInt(nonce),
  blockHash: `0xb${nonce}`,
  succeeded: true,
  gasUsed: 100n,
  gasPriceWei: 2n,
  profits: [],
  ...change,
});
const reserved = (id: number, change: Partial<LedgerReservation> = {}): LedgerReservation => ({
  id,
  opportunity: `0xo${id}`,
  conversion: undefined,
  route: `route ${id}`,
  amount: 5n,
  valueUsdE8: 400n,
  maxLossUsdE8: 30n,
  maxGasWei: 300n,
  status: "booked",
  reservedAt: 1_000 * id,
  settledAt: 1_000 * id + 10,
  netUsdE8: 7n,
  gasWei: 200n,
  place: id,
  ...change,
});
const receiptOf = ({ hash, block, blockHash, succeeded, gasUsed, gasPriceWei }: ChainTransaction) => ({
  hash,
  block,
  blockHash,
  succeeded,
  gasUsed,
  gasPriceWei,
});

/** A trade, one that reverted, one that was lost to a replacement, and a conversion. */
function facts() {
  const transactions = [
    mined(0, { profits: [{ opportunity: "0xo0", token: usdc, profit: 11n }] }),
    mined(1, { succeeded: false }),
    mined(2, { profits: [{ opportunity: "0xo2", token: weth, profit: 4n }] }),
    mined(3),
  ];
  const chain: Writable<ChainFacts> = {
    account,
    firstNonce: 0,
    transactions,
    treasuryGains: new Map([
      [usdc, 11n],
      [weth, 4n],
    ]),
  };
  const result = (opportunity: string, status: string, hash: string, token: string, profit: bigint | undefined) => ({
    opportunity,
    status,
    hash,
    token,
    realised: profit,
    treasuryGain: profit,
  });
  const ledger: Writable<LedgerFacts> = {
    transactions: [
      sent(0),
      sent(1),
      sent(2),
      sent(2, { hash: "0x2-cheaper", status: "superseded" }),
      sent(3, { purpose: "conversion", opportunity: undefined, conversion: 1 }),
      sent(4, { opportunity: "0xo4", status: "dropped" }),
    ],
    receipts: transactions.map(receiptOf),
    results: [
      result("0xo0", "landed", "0x0", usdc, 11n),
      result("0xo1", "reverted", "0x1", usdc, undefined),
      result("0xo2", "landed", "0x2", weth, 4n),
      result("0xo4", "lost", "0x4", usdc, undefined),
    ],
    reservations: [
      reserved(0),
      reserved(1, { netUsdE8: -20n }),
      reserved(2),
      reserved(3, { opportunity: undefined, conversion: 1, route: undefined, netUsdE8: -1n }),
      reserved(4, { status: "released", netUsdE8: undefined, gasWei: undefined, place: undefined }),
    ],
    conversions: [
      { id: 1, kind: "wrap", status: "done" },
      { id: 2, kind: "swap", status: "failed" },
    ],
    riskEvents: [],
    foreign: [],
    capitalUsdE8: 1_000n,
  };
  return { chain, ledger };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Facts = ReturnType<typeof facts>;

const broken = ({ chain, ledger }: Facts) =>
  audit(chain, ledger, limits).flatMap(({ question, problems }) => (problems.length > 0 ? [question] : []));

/** The questions whose answer a change turns. */
function turnedBy(change: (facts: Facts) => void): readonly string[] {
  const doctored = facts();
  change(doctored);
  return broken(doctored);
}

const questions = {
  inLedger: "every transaction of the key on the chain is in the ledger",
  once: "none is there twice, and no opportunity was taken twice",
  status: "every transaction of the ledger has the chain's status and receipt",
  open: "nothing is left open once the truth has returned",
  results: "every order ended as the ledger says",
  profit: "profit in the ledger is the profit on the chain, to the wei of every token",
  gas: "gas in the ledger is the gas that was paid",
  reserved: "room was reserved for whatever was sent, and was enough",
  conversions: "no conversion was done twice, and each is what the ledger says",
};

describe("chaos: audit", () => {
  it("holds where ledger and chain are the same", () => {
    expect(broken(facts())).to.deep.equal([]);
    const { chain, ledger } = facts();
    expect(audit(chain, ledger, limits).map(({ question }) => question)).to.include.members(Object.values(questions));
  });

  it("finds a transaction that the ledger does not have", () => {
    const turned = turnedBy(({ chain }) => {
      chain.transactions = [...chain.transactions, mined(4, { hash: "0xunknown" })];
    });
    expect(turned).to.include(questions.inLedger);
  });

  it("finds one of ours that was taken for a stranger's", () => {
    const turned = turnedBy(({ ledger }) => {
      ledger.foreign = [{ nonce: 0, hash: "0x0" }];
    });
    expect(turned).to.deep.equal([questions.inLedger]);
  });

  it("finds an opportunity that was taken twice, and a nonce that is mined twice in the ledger", () => {
    const taken = turnedBy(({ chain }) => {
      chain.transactions = chain.transactions.map((one) =>
        one.nonce === 2 ? { ...one, profits: [{ opportunity: "0xo0", token: weth, profit: 4n }] } : one,
      );
    });
    expect(taken).to.include(questions.once);
    const twice = turnedBy(({ ledger }) => {
      ledger.transactions = ledger.transactions.map((one) => ({ ...one, status: "mined" }));
    });
    expect(twice).to.include(questions.once);
    const gap = turnedBy(({ chain }) => {
      chain.transactions = chain.transactions.filter(({ nonce }) => nonce !== 1);
    });
    expect(gap).to.include(questions.once);
  });

  for (const [key, value] of [
    ["block", 7n],
    ["blockHash", "0xother"],
    ["succeeded", false],
    ["gasUsed", 101n],
    ["gasPriceWei", 3n],
  ] as const) {
    it(`finds a receipt whose ${key} is not the chain's`, () => {
      const turned = turnedBy(({ ledger }) => {
        ledger.receipts = ledger.receipts.map((one) => (one.hash === "0x0" ? { ...one, [key]: value } : one));
      });
      expect(turned).to.include(questions.status);
    });
  }

  it("finds what is mined in the ledger alone, or on the chain alone", () => {
    const ledgerAlone = turnedBy(({ ledger }) => {
      ledger.transactions = ledger.transactions.map((one) => (one.nonce === 4 ? { ...one, status: "mined" } : one));
    });
    expect(ledgerAlone).to.deep.equal([questions.status]);
    const chainAlone = turnedBy(({ ledger }) => {
      ledger.transactions = ledger.transactions.map((one) => (one.nonce === 1 ? { ...one, status: "dropped" } : one));
    });
    expect(chainAlone).to.deep.equal([questions.status]);
  });

  it("finds what is left open", () => {
    const transaction = turnedBy(({ ledger }) => {
      ledger.transactions = [...ledger.transactions, sent(5, { opportunity: undefined, status: "signed" })];
    });
    expect(transaction).to.deep.equal([questions.open]);
    const reservation = turnedBy(({ ledger }) => {
      ledger.reservations = [...ledger.reservations, reserved(5, { status: "open", gasWei: undefined })];
    });
    expect(reservation).to.deep.equal([questions.open]);
  });

  it("finds an order that ended otherwise, or nowhere", () => {
    const otherwise = turnedBy(({ ledger }) => {
      ledger.results = ledger.results.map((one) => (one.status === "reverted" ? { ...one, status: "lost" } : one));
    });
    expect(otherwise).to.deep.equal([questions.results]);
    const nowhere = turnedBy(({ ledger }) => {
      ledger.results = ledger.results.filter(({ status }) => status !== "lost");
    });
    expect(nowhere).to.deep.equal([questions.results]);
  });

  it("finds one wei of profit too much or too little: in the ledger, in the events, at the treasury", () => {
    const realised = turnedBy(({ ledger }) => {
      ledger.results = ledger.results.map((one) => (one.token === weth ? { ...one, realised: 5n } : one));
    });
    expect(realised).to.deep.equal([questions.results, questions.profit]);
    const gain = turnedBy(({ ledger }) => {
      ledger.results = ledger.results.map((one) => (one.token === weth ? { ...one, treasuryGain: 3n } : one));
    });
    expect(gain).to.deep.equal([questions.profit]);
    const treasury = turnedBy(({ chain }) => {
      chain.treasuryGains = new Map([[usdc, 11n]]);
    });
    expect(treasury).to.deep.equal([questions.profit]);
  });

  it("finds gas that is not what was paid, and a transaction without room", () => {
    const gas = turnedBy(({ ledger }) => {
      ledger.reservations = ledger.reservations.map((one) => (one.id === 0 ? { ...one, gasWei: 199n } : one));
    });
    expect(gas).to.deep.equal([questions.gas]);
    const none = turnedBy(({ ledger }) => {
      ledger.reservations = ledger.reservations.map((one) => (one.id === 2 ? { ...one, opportunity: "0xo9" } : one));
    });
    expect(none).to.deep.equal([questions.reserved]);
    const little = turnedBy(({ ledger }) => {
      ledger.reservations = ledger.reservations.map((one) => (one.id === 2 ? { ...one, maxGasWei: 199n } : one));
    });
    expect(little).to.deep.equal([questions.reserved]);
    const released = turnedBy(({ ledger }) => {
      ledger.reservations = ledger.reservations.map((one) => (one.id === 2 ? { ...one, status: "released" } : one));
    });
    expect(released).to.deep.equal([questions.reserved]);
  });

  it("finds a conversion that was done twice, or is done in the ledger alone", () => {
    const twice = turnedBy(({ chain, ledger }) => {
      chain.transactions = chain.transactions.map((one) => (one.nonce === 1 ? { ...one, succeeded: true } : one));
      ledger.transactions = ledger.transactions.map((one) =>
        one.nonce === 1 ? { ...one, purpose: "conversion", conversion: 1 } : one,
      );
    });
    expect(twice).to.include(questions.conversions);
    const alone = turnedBy(({ ledger }) => {
      ledger.conversions = ledger.conversions.map((one) => ({ ...one, status: "done" }));
    });
    expect(alone).to.deep.equal([questions.conversions]);
  });

  describe("of the limits", () => {
    const reserve = (...changes: Partial<LedgerReservation>[]) =>
      turnedBy(({ ledger }) => {
        const more = changes.map((change, index) => {
          const gone = {
            status: "released",
            gasWei: undefined,
            netUsdE8: undefined,
            settledAt: 9_999,
            place: undefined,
          };
          return reserved(10 + index, { reservedAt: 9_000 + index, ...gone, ...change });
        });
        ledger.reservations = [...ledger.reservations, ...more];
      });
    /** What settled at once: nothing of it is open when the next one is reserved. */
    const gone = (index: number) => ({ settledAt: 9_000 + index });

    it("finds more open orders than maxOpenOrders, and two of a route", () => {
      expect(reserve({}, {})).to.deep.equal([]);
      const open = "maxOpenOrders, and one order a route, held at every instant";
      expect(reserve({}, {}, {})).to.include(open);
      expect(reserve({ route: "same" }, { route: "same" })).to.deep.equal([open]);
    });

    it("finds more orders in a minute than maxTradesPerMinute", () => {
      const three = [gone(0), gone(1), gone(2)];
      expect(reserve(...three)).to.deep.equal([]);
      expect(reserve(...three, gone(3))).to.deep.equal(["maxTradesPerMinute held at every instant"]);
      expect(reserve(...three, { ...gone(3), reservedAt: 9_060, settledAt: 9_060 })).to.deep.equal([]);
    });

    it("finds gas beyond the hour's and the day's, what is open at its worst", () => {
      const [hour, day] = ["maxGasPerHourEther", "maxGasPerDayEther"].map((name) => `${name} held at every instant`);
      expect(reserve({ maxGasWei: 9_000n })).to.deep.equal([]);
      expect(reserve({ maxGasWei: 9_801n })).to.deep.equal([day]);
      expect(reserve({ maxGasWei: 6_000n }, { maxGasWei: 6_000n })).to.deep.equal([hour, day]);
    });

    it("finds an order that is too large", () => {
      expect(reserve({ valueUsdE8: 501n })).to.deep.equal(["maxOrderUsd held at every instant"]);
    });

    it("finds losses in a row beyond the limit, and forgets those that a person has looked at", () => {
      const lose = (index: number) => ({
        ...gone(index),
        status: "booked",
        netUsdE8: -1n,
        gasWei: 0n,
        place: 10 + index,
        reservedAt: 9_000 + index * 100,
        settledAt: 9_050 + index * 100,
      });
      const four = [lose(0), lose(1), lose(2), lose(3)];
      expect(reserve(...four.slice(0, 3))).to.deep.equal([]);
      expect(reserve(...four)).to.deep.equal(["maxLossesInARow held at every instant"]);
      const looked = turnedBy(({ ledger }) => {
        ledger.reservations = [...ledger.reservations, ...four.map((change, index) => reserved(10 + index, change))];
        ledger.riskEvents = [
          { at: 9_260, state: "HALTED", reason: "loss-streak" },
          { at: 9_270, state: "RUNNING", reason: "resumed" },
        ];
      });
      expect(looked).to.deep.equal([]);
    });

    it("finds a loss beyond the day's, what is open at its worst, and a day without a capital", () => {
      expect(reserve({ maxLossUsdE8: 79n })).to.deep.equal([]);
      expect(reserve({ maxLossUsdE8: 80n })).to.deep.equal(["maxDailyLossPercent held at every instant"]);
      const none = turnedBy(({ ledger }) => {
        ledger.capitalUsdE8 = undefined;
      });
      expect(none).to.deep.equal(["maxDailyLossPercent held at every instant"]);
    });
  });
});
