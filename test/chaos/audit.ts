/** A transaction of the operator's key on the chain. */
export interface ChainTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly block: bigint;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  /** What the contract's events in it report. */
  readonly profits: readonly { readonly opportunity: string; readonly token: string; readonly profit: bigint }[];
}

/** The truth: what the chain says, read without the bot and without a proxy. */
export interface ChainFacts {
  readonly account: string;
  /** The account's nonce before the bot first ran. */
  readonly firstNonce: number;
  readonly transactions: readonly ChainTransaction[];
  /** By token, by how much the treasury's balance grew. */
  readonly treasuryGains: ReadonlyMap<string, bigint>;
}

/** What the ledger says, read from its tables. Names are those of the columns. */
export interface LedgerFacts {
  readonly transactions: readonly LedgerTransaction[];
  readonly receipts: readonly LedgerReceipt[];
  readonly results: readonly LedgerResult[];
  readonly reservations: readonly LedgerReservation[];
  readonly conversions: readonly { readonly id: number; readonly kind: string; readonly status: string }[];
  readonly riskEvents: readonly { readonly at: number; readonly state: string; readonly reason: string }[];
  readonly foreign: readonly { readonly nonce: number; readonly hash: string | undefined }[];
  /** What the wallet was worth on the last day that is written down. */
  readonly capitalUsdE8: bigint | undefined;
}

export interface LedgerTransaction {
  readonly hash: string;
  readonly purpose: string;
  readonly opportunity: string | undefined;
  readonly conversion: number | undefined;
  readonly account: string;
  readonly nonce: number;
  readonly status: string;
  readonly seenAtMs: number | undefined;
  readonly sentAtMs: number | undefined;
}

export interface LedgerReceipt {
  readonly hash: string;
  readonly block: bigint;
  readonly blockHash: string | undefined;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint | undefined;
}

export interface LedgerResult {
  readonly opportunity: string;
  readonly status: string;
  readonly hash: string;
  readonly token: string;
  readonly realised: bigint | undefined;
  readonly treasuryGain: bigint | undefined;
}

export interface LedgerReservation {
  readonly id: number;
  readonly opportunity: string | undefined;
  readonly conversion: number | undefined;
  readonly route: string | undefined;
  readonly amount: bigint;
  readonly valueUsdE8: bigint;
  readonly maxLossUsdE8: bigint;
  readonly maxGasWei: bigint;
  readonly status: string;
  readonly reservedAt: number;
  readonly settledAt: number | undefined;
  readonly netUsdE8: bigint | undefined;
  readonly gasWei: bigint | undefined;
  /** Counts what was booked, in that order. */
  readonly place: number | undefined;
}

/** The limits that the bot ran under. */
export interface AuditLimits {
  readonly maxOpenOrders: number;
  readonly maxTradesPerMinute: number;
  readonly maxGasPerHourWei: bigint;
  readonly maxGasPerDayWei: bigint;
  readonly maxOrderUsdE8: bigint;
  readonly maxLossesInARow: number;
  readonly maxDailyLossBps: bigint;
}

/** One question of the audit, with what stands against it. */
export interface AuditLine {
  readonly question: string;
  readonly problems: readonly string[];
  /** What was compared. */
  readonly compared: string;
}

/** Audits a ledger against the chain. It holds when no line has a problem. */
export function audit(chain: ChainFacts, ledger: LedgerFacts, limits: AuditLimits): readonly AuditLine[] {
  return [
    everyTransactionIsInTheLedger(chain, ledger),
    noNonceIsUsedTwice(chain, ledger),
    everyStatusIsTheChains(chain, ledger),
    nothingIsLeftOpen(ledger),
    everyResultIsTheChains(chain, ledger),
    profitIsTheChains(chain, ledger),
    gasIsTheChains(chain, ledger),
    everyOrderIsReserved(chain, ledger),
    noConversionIsDoneTwice(chain, ledger),
    ...limitsHeld(ledger, limits),
  ];
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

function everyTransactionIsInTheLedger(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const known = new Set(ledger.transactions.map(({ hash }) => hash));
  const missing = chain.transactions.filter(({ hash }) => !known.has(hash));
  return {
    question: "every transaction of the key on the chain is in the ledger",
    problems: [
      ...missing.map(({ hash, nonce }) => `${hash} with nonce ${nonce} is not`),
      ...ledger.foreign.map(({ nonce }) => `nonce ${nonce} is written down as a stranger's`),
    ],
    compared: count(chain.transactions.length, "transaction"),
  };
}

function noNonceIsUsedTwice({ account, firstNonce, transactions }: ChainFacts, ledger: LedgerFacts): AuditLine {
  const used = transactions.map(({ nonce }) => nonce).toSorted((a, b) => a - b);
  const gaps = used.flatMap((nonce, index) => (nonce === firstNonce + index ? [] : [`nonce ${nonce} is out of order`]));
  const mined = ledger.transactions.filter(({ status }) => status === "mined");
  const twice = [...Map.groupBy(mined, ({ nonce }) => nonce)].filter(([, ones]) => ones.length > 1);
  const others = ledger.transactions.filter((one) => one.account !== account);
  const answered = [
    ...Map.groupBy(
      transactions.flatMap(({ profits }) => profits),
      ({ opportunity }) => opportunity,
    ),
  ];
  return {
    question: "none is there twice, and no opportunity was taken twice",
    problems: [
      ...gaps,
      ...twice.map(([nonce, ones]) => `nonce ${nonce} is written down as mined by ${ones.length} transactions`),
      ...others.map(({ hash }) => `${hash} is of another account`),
      ...answered
        .filter(([, profits]) => profits.length > 1)
        .map(([opportunity, profits]) => `${opportunity} was taken ${profits.length} times`),
    ],
    compared: count(used.length, "nonce"),
  };
}

function everyStatusIsTheChains(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const mined = new Map(chain.transactions.map((one) => [one.hash, one]));
  const receipts = new Map(ledger.receipts.map((one) => [one.hash, one]));
  const problems = ledger.transactions.flatMap(({ hash, status, nonce }) => {
    const truth = mined.get(hash);
    const receipt = receipts.get(hash);
    const of = `${hash} with nonce ${nonce}`;
    if (truth === undefined) {
      if (status === "mined") return [`${of} is mined in the ledger alone`];
      return receipt === undefined ? [] : [`${of} has a receipt in the ledger alone`];
    }
    if (status !== "mined") return [`${of} is mined on the chain, ${status} in the ledger`];
    if (receipt === undefined) return [`${of} has no receipt in the ledger`];
    return differences(of, receipt, truth);
  });
  return {
    question: "every transaction of the ledger has the chain's status and receipt",
    problems,
    compared: count(ledger.transactions.length, "transaction"),
  };
}

function differences(of: string, receipt: LedgerReceipt, truth: ChainTransaction): string[] {
  const keys = ["block", "blockHash", "succeeded", "gasUsed", "gasPriceWei"] as const;
  return keys.flatMap((key) =>
    receipt[key] === truth[key] ? [] : [`${of}: ${key} is ${receipt[key]} in the ledger, ${truth[key]} on the chain`],
  );
}

function nothingIsLeftOpen({ transactions, reservations }: LedgerFacts): AuditLine {
  const open = transactions.filter(({ status }) => status === "signed" || status === "sent");
  const held = reservations.filter(({ status }) => status === "open");
  return {
    question: "nothing is left open once the truth has returned",
    problems: [
      ...open.map(({ hash, status }) => `${hash} is ${status}`),
      ...held.map(({ id }) => `reservation ${id} is open`),
    ],
    compared: count(reservations.length, "reservation"),
  };
}

function everyResultIsTheChains(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const mined = new Map(chain.transactions.map((one) => [one.hash, one]));
  const orders = Map.groupBy(
    ledger.transactions.filter(({ opportunity }) => opportunity !== undefined),
    ({ opportunity }) => opportunity,
  );
  const results = new Map(ledger.results.map((result) => [result.opportunity, result]));
  const problems = [...orders].flatMap(([opportunity = "", transactions]) => {
    const truth = transactions.map(({ hash }) => mined.get(hash)).find((one) => one !== undefined);
    const event = truth?.profits.find((profit) => profit.opportunity === opportunity);
    const status = truth === undefined ? "lost" : event === undefined ? "reverted" : "landed";
    const result = results.get(opportunity);
    // A transaction that took the nonce in place of the order's, as one that cancels does, loses the order.
    const isCancelled = status === "reverted" && truth?.succeeded === true;
    if (result === undefined) return [`${opportunity} was ${status} and has no result`];
    if (result.status !== (isCancelled ? "lost" : status)) {
      return [`${opportunity} was ${status} on the chain, is ${result.status} in the ledger`];
    }
    if (event === undefined) return [];
    return [
      ...(result.token === event.token ? [] : [`${opportunity}: the token is ${result.token}, not ${event.token}`]),
      ...(result.realised === event.profit
        ? []
        : [`${opportunity} realised ${result.realised} in the ledger, ${event.profit} on the chain`]),
    ];
  });
  return {
    question: "every order ended as the ledger says",
    problems,
    compared: count(orders.size, "order"),
  };
}

function profitIsTheChains(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const sum = (pairs: readonly (readonly [string, bigint])[]) => {
    const sums = new Map<string, bigint>();
    for (const [token, amount] of pairs) sums.set(token, (sums.get(token) ?? 0n) + amount);
    return sums;
  };
  const events = sum(
    chain.transactions.flatMap(({ profits }) => profits.map(({ token, profit }) => [token, profit] as const)),
  );
  const landed = ledger.results.filter(({ status }) => status === "landed");
  const written = sum(landed.map(({ token, realised }) => [token, realised ?? 0n] as const));
  const gained = sum(landed.map(({ token, treasuryGain }) => [token, treasuryGain ?? 0n] as const));
  const tokens = new Set([...events.keys(), ...written.keys(), ...chain.treasuryGains.keys()]);
  const problems = [...tokens].flatMap((token) => {
    const of = (sums: ReadonlyMap<string, bigint>) => sums.get(token) ?? 0n;
    const values = [of(written), of(gained), of(events), of(chain.treasuryGains)];
    if (values.every((value) => value === values[0])) return [];
    const [realised, gain, reported, balance] = values;
    return [`${token}: the ledger has ${realised} and a gain of ${gain}, events ${reported}, the treasury ${balance}`];
  });
  return {
    question: "profit in the ledger is the profit on the chain, to the wei of every token",
    problems,
    compared: `${count(landed.length, "trade")}, ${count(tokens.size, "token")}`,
  };
}

function gasIsTheChains(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const paid = (used: bigint, price: bigint | undefined) => used * (price ?? 0n);
  const onChain = chain.transactions.reduce((sum, one) => sum + paid(one.gasUsed, one.gasPriceWei), 0n);
  const written = ledger.receipts.reduce((sum, one) => sum + paid(one.gasUsed, one.gasPriceWei), 0n);
  const booked = ledger.reservations.reduce((sum, { gasWei }) => sum + (gasWei ?? 0n), 0n);
  // A transaction that cancels has no reservation of its own: it replaces one that has.
  const problems = [
    ...(written === onChain ? [] : [`receipts have ${written} wei, the chain ${onChain}`]),
    ...(booked === onChain ? [] : [`reservations have ${booked} wei, the chain ${onChain}`]),
  ];
  return { question: "gas in the ledger is the gas that was paid", problems, compared: `${onChain} wei` };
}

function everyOrderIsReserved(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const written = new Map(ledger.transactions.map((one) => [one.hash, one]));
  const find = (opportunity: string | undefined, conversion: number | undefined) =>
    ledger.reservations.find((one) => one.opportunity === opportunity && one.conversion === conversion);
  const problems = chain.transactions.flatMap(({ hash, gasUsed, gasPriceWei }) => {
    const { opportunity, conversion } = written.get(hash) ?? {};
    if (opportunity === undefined && conversion === undefined) return [];
    const reservation = find(opportunity, conversion);
    if (reservation === undefined) return [`${hash} was sent without a reservation`];
    const paid = gasUsed * gasPriceWei;
    return [
      ...(reservation.status === "booked" ? [] : [`${hash} was mined, its reservation is ${reservation.status}`]),
      ...(paid <= reservation.maxGasWei ? [] : [`${hash} paid ${paid} wei, reserved were ${reservation.maxGasWei}`]),
    ];
  });
  return {
    question: "room was reserved for whatever was sent, and was enough",
    problems,
    compared: count(ledger.reservations.length, "reservation"),
  };
}

function noConversionIsDoneTwice(chain: ChainFacts, ledger: LedgerFacts): AuditLine {
  const succeeded = new Set(chain.transactions.flatMap((one) => (one.succeeded ? [one.hash] : [])));
  const problems = ledger.conversions.flatMap(({ id, kind, status }) => {
    const done = ledger.transactions.filter(
      ({ conversion, hash, purpose }) => conversion === id && purpose === "conversion" && succeeded.has(hash),
    );
    if (done.length > 1) return [`conversion ${id} (${kind}) was done ${done.length} times`];
    if ((done.length === 1) === (status === "done")) return [];
    return [`conversion ${id} (${kind}) is ${status}, and was done ${done.length} times`];
  });
  return {
    question: "no conversion was done twice, and each is what the ledger says",
    problems,
    compared: count(ledger.conversions.length, "conversion"),
  };
}

const [minute, hour, day] = [60, 3_600, 86_400];

/** Replays every reservation and looks at each limit at that instant: what is open counts at its worst. */
function limitsHeld(ledger: LedgerFacts, limits: AuditLimits): readonly AuditLine[] {
  const { reservations } = ledger;
  const isOrder = ({ opportunity }: LedgerReservation) => opportunity !== undefined;
  const sum = <T>(values: readonly T[], of: (value: T) => bigint) => values.reduce((total, one) => total + of(one), 0n);
  /** Losses that settled before a person looked count no more. */
  const looked = ledger.riskEvents.flatMap(({ at, state }, index) =>
    state === "RUNNING" && ledger.riskEvents[index - 1]?.state === "HALTED" ? [at] : [],
  );
  const line = (question: string, problemOf: (at: Instant) => string | undefined): AuditLine => ({
    question,
    problems: instants.flatMap((instant) => problemOf(instant) ?? []),
    compared: count(reservations.length, "instant"),
  });

  interface Instant {
    readonly own: LedgerReservation;
    /** What was reserved before and not settled. */
    readonly open: readonly LedgerReservation[];
    /** What was booked before, in the order of settling. */
    readonly booked: readonly LedgerReservation[];
  }
  const instants = reservations.map((own): Instant => {
    const before = reservations.filter(({ id }) => id < own.id);
    // Times are whole seconds: what settled in the same second may have settled before.
    const isOpen = ({ settledAt }: LedgerReservation) => settledAt === undefined || settledAt > own.reservedAt;
    return {
      own,
      open: before.filter(isOpen),
      booked: before.filter((one) => !isOpen(one) && one.status === "booked"),
    };
  });
  const lately = (booked: readonly LedgerReservation[], now: number, seconds: number) =>
    booked.filter(({ settledAt = 0 }) => settledAt > now - seconds);
  const lookedBefore = (now: number) => Math.max(0, ...looked.filter((at) => at <= now));
  const gas = (period: number, limitWei: bigint, setting: string) =>
    line(`${setting} held at every instant`, ({ own, open, booked }) => {
      const spent = sum(lately(booked, own.reservedAt, period), ({ gasWei }) => gasWei ?? 0n);
      const most = spent + sum([...open, own], ({ maxGasWei }) => maxGasWei);
      return most <= limitWei ? undefined : `reservation ${own.id}: ${most} wei at the worst, the limit is ${limitWei}`;
    });

  return [
    line("maxOpenOrders, and one order a route, held at every instant", ({ own, open }) => {
      if (!isOrder(own)) return undefined;
      const orders = open.filter(isOrder);
      if (orders.some(({ route }) => route === own.route)) return `reservation ${own.id}: its route was open`;
      if (orders.length < limits.maxOpenOrders) return undefined;
      return `reservation ${own.id}: ${orders.length + 1} open orders, the limit is ${limits.maxOpenOrders}`;
    }),
    line("maxTradesPerMinute held at every instant", ({ own }) => {
      if (!isOrder(own)) return undefined;
      const orders = reservations.filter(
        (one) => isOrder(one) && one.id <= own.id && one.reservedAt > own.reservedAt - minute,
      );
      if (orders.length <= limits.maxTradesPerMinute) return undefined;
      return `reservation ${own.id}: ${orders.length} orders in 60 s, the limit is ${limits.maxTradesPerMinute}`;
    }),
    gas(hour, limits.maxGasPerHourWei, "maxGasPerHourEther"),
    gas(day, limits.maxGasPerDayWei, "maxGasPerDayEther"),
    line("maxOrderUsd held at every instant", ({ own }) =>
      own.valueUsdE8 <= limits.maxOrderUsdE8
        ? undefined
        : `reservation ${own.id}: ${own.valueUsdE8} e-8 USD, the limit is ${limits.maxOrderUsdE8}`,
    ),
    line("maxLossesInARow held at every instant", ({ own, open, booked }) => {
      if (!isOrder(own)) return undefined;
      const orders = booked.filter(isOrder).filter(({ settledAt = 0 }) => settledAt > lookedBefore(own.reservedAt));
      const settled = orders.toSorted((a, b) => (b.place ?? 0) - (a.place ?? 0));
      const gain = settled.findIndex(({ netUsdE8 = 0n }) => netUsdE8 >= 0n);
      const losses = (gain === -1 ? settled.length : gain) + open.filter(isOrder).length + 1;
      if (losses <= limits.maxLossesInARow) return undefined;
      return `reservation ${own.id}: ${losses} losses in a row at the worst, the limit is ${limits.maxLossesInARow}`;
    }),
    line("maxDailyLossPercent held at every instant", ({ own, open, booked }) => {
      if (ledger.capitalUsdE8 === undefined) return `reservation ${own.id}: no capital is written down`;
      const limit = (ledger.capitalUsdE8 * limits.maxDailyLossBps) / 10_000n;
      const since = Math.max(lookedBefore(own.reservedAt), own.reservedAt - day);
      const lost = sum(
        booked.filter(({ settledAt = 0 }) => settledAt > since),
        ({ netUsdE8 = 0n }) => (netUsdE8 < 0n ? -netUsdE8 : 0n),
      );
      const most = lost + sum([...open, own], ({ maxLossUsdE8 }) => maxLossUsdE8);
      return most <= limit ? undefined : `reservation ${own.id}: ${most} e-8 USD at the worst, the limit is ${limit}`;
    }),
  ];
}
