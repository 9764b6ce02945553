/**
 * What turns a ledger of one schema version into the next: the first makes version 1 of an empty file. Append only: a
 * ledger of any earlier version is brought up to date when it is opened.
 *
 * Amounts are decimal integers in text, because SQLite's integers end at 2^63. Columns named `_e8` are USD with 8
 * decimals, those named `_ms` are milliseconds, other times are seconds. `opportunity` is the 32-byte id that the
 * contract's event carries: it joins all tables.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE opportunities (
    id INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    route TEXT NOT NULL,
    venues TEXT NOT NULL,
    token TEXT NOT NULL,
    size_usd_e8 TEXT NOT NULL,
    gain_usd_e8 TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('traded', 'no-trade')),
    reason TEXT,
    detail TEXT,
    order_id TEXT
  ) STRICT;
  CREATE INDEX opportunities_by_reason ON opportunities (reason, block);
  CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    lender TEXT NOT NULL,
    token TEXT NOT NULL,
    amount TEXT NOT NULL,
    fee TEXT NOT NULL,
    expected TEXT NOT NULL,
    min_profit TEXT NOT NULL,
    gas TEXT NOT NULL,
    gas_cost_usd_e8 TEXT NOT NULL,
    net_usd_e8 TEXT NOT NULL,
    deadline INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE verdicts (
    order_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('confirmed', 'outdated', 'diverged', 'refused')),
    simulated TEXT,
    gas TEXT,
    detail TEXT
  ) STRICT;
  CREATE TABLE trades (
    order_id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    nonce INTEGER NOT NULL,
    token TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'landed', 'reverted', 'lost')),
    expected TEXT NOT NULL,
    simulated TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    settled_at INTEGER,
    block INTEGER,
    gas_used TEXT,
    gas_price_wei TEXT,
    realised TEXT,
    treasury_gain TEXT,
    net_usd_e8 TEXT
  ) STRICT;
  CREATE TABLE quiet_blocks (
    first_block INTEGER NOT NULL,
    last_block INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE TABLE stopped_pools (
    pool TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    detail TEXT NOT NULL,
    stopped_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE days (day TEXT PRIMARY KEY, value_usd_e8 TEXT NOT NULL) STRICT;
  CREATE TABLE acknowledgements (at INTEGER NOT NULL) STRICT;
  `,
  `
  -- One for each time that the program ran. The salt makes the ids of its opportunities unlike those of any other run.
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    salt TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('shadow', 'live')),
    started_at_ms INTEGER NOT NULL,
    settings TEXT NOT NULL
  ) STRICT;

  ALTER TABLE opportunities RENAME TO opportunities_1;
  DROP INDEX opportunities_by_reason;
  CREATE TABLE opportunities (
    id TEXT PRIMARY KEY,
    run INTEGER,
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    route TEXT NOT NULL,
    venues TEXT NOT NULL,
    token TEXT NOT NULL,
    size_usd_e8 TEXT NOT NULL,
    gain_usd_e8 TEXT NOT NULL,
    -- Why not. Null when a transaction was sent.
    reason TEXT,
    detail TEXT
  ) STRICT;
  CREATE INDEX opportunities_by_block ON opportunities (block);
  CREATE INDEX opportunities_by_reason ON opportunities (reason, block);
  INSERT OR IGNORE INTO opportunities
    SELECT coalesce(order_id, 'version-1-' || id), NULL, block, timestamp, route, venues, token, size_usd_e8, gain_usd_e8,
      reason, detail
    FROM opportunities_1;
  DROP TABLE opportunities_1;

  ALTER TABLE orders RENAME COLUMN id TO opportunity;
  ALTER TABLE verdicts RENAME COLUMN order_id TO opportunity;

  -- Written before it is sent: 'signed' may have been sent or not, 'sent' was handed to a node, which may have lost it.
  -- Of the transactions of one account and nonce one is mined at most; the others are superseded. 'dropped' frees its nonce.
  CREATE TABLE transactions (
    hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('order', 'conversion', 'cancel')),
    opportunity TEXT,
    conversion INTEGER,
    account TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    raw TEXT,
    policy TEXT NOT NULL,
    max_fee_per_gas_wei TEXT,
    max_priority_fee_per_gas_wei TEXT,
    status TEXT NOT NULL CHECK (status IN ('signed', 'sent', 'mined', 'superseded', 'dropped')),
    detail TEXT,
    -- When the block that it answers was seen, and when it was written down, handed to a node and settled.
    seen_at_ms INTEGER,
    signed_at_ms INTEGER NOT NULL,
    sent_at_ms INTEGER,
    settled_at_ms INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX one_mined_of_a_nonce ON transactions (account, nonce) WHERE status = 'mined';
  CREATE INDEX transactions_by_nonce ON transactions (account, nonce);
  CREATE INDEX transactions_by_opportunity ON transactions (opportunity);

  CREATE TABLE receipts (
    hash TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    block_hash TEXT,
    succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
    gas_used TEXT NOT NULL,
    gas_price_wei TEXT,
    mined_at INTEGER
  ) STRICT;

  -- A transaction of the account that this ledger did not write down.
  CREATE TABLE foreign_transactions (
    account TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash TEXT,
    detail TEXT NOT NULL,
    found_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account, nonce)
  ) STRICT;

  -- What an order came to, once its nonce is settled: 'lost' was not mined and cannot be any more.
  CREATE TABLE results (
    opportunity TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('landed', 'reverted', 'lost')),
    hash TEXT NOT NULL,
    token TEXT NOT NULL,
    expected TEXT NOT NULL,
    simulated TEXT NOT NULL,
    realised TEXT,
    treasury_gain TEXT,
    net_usd_e8 TEXT,
    cause TEXT CHECK (cause IN ('stale-state', 'lost-race', 'quote-error', 'venue-changed', 'gas')),
    detail TEXT,
    settled_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX results_by_time ON results (settled_at);

  INSERT INTO transactions
    SELECT hash, 'order', order_id, NULL, '', nonce, NULL, 'plain', NULL, NULL,
      CASE status WHEN 'pending' THEN 'sent' WHEN 'lost' THEN 'dropped' ELSE 'mined' END, NULL, NULL, sent_at * 1000,
      sent_at * 1000, settled_at * 1000
    FROM trades;
  INSERT INTO receipts
    SELECT hash, block, NULL, status = 'landed', gas_used, gas_price_wei, settled_at FROM trades WHERE block IS NOT NULL;
  INSERT INTO results
    SELECT order_id, status, hash, token, expected, simulated, realised, treasury_gain, net_usd_e8, NULL, NULL, settled_at
    FROM trades WHERE status <> 'pending';
  DROP TABLE trades;

  -- Room under the limits, taken before something is sent and given back or booked after: 'open' counts at its worst.
  CREATE TABLE reservations (
    id INTEGER PRIMARY KEY,
    opportunity TEXT UNIQUE,
    conversion INTEGER UNIQUE,
    route TEXT,
    token TEXT NOT NULL,
    amount TEXT NOT NULL,
    value_usd_e8 TEXT NOT NULL,
    max_loss_usd_e8 TEXT NOT NULL,
    max_gas_wei TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'released', 'booked')),
    reserved_at INTEGER NOT NULL,
    settled_at INTEGER,
    -- What it came to, below zero for a loss, and the gas paid.
    net_usd_e8 TEXT,
    gas_wei TEXT
  ) STRICT;
  CREATE INDEX reservations_by_status ON reservations (status, settled_at);

  -- The last row is the state that the bot is in.
  CREATE TABLE risk_events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'DEGRADED', 'PAUSED', 'HALTED')),
    -- Who or what set it: 'operator', or the name of the check.
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;

  CREATE TABLE conversions (
    id INTEGER PRIMARY KEY,
    run INTEGER,
    opportunity TEXT,
    block INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('wrap', 'unwrap', 'swap', 'approve')),
    deployment TEXT,
    token_in TEXT NOT NULL,
    token_out TEXT NOT NULL,
    amount_in TEXT NOT NULL,
    quoted_out TEXT NOT NULL,
    min_out TEXT NOT NULL,
    need TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('planned', 'pending', 'done', 'failed')),
    received TEXT,
    detail TEXT,
    planned_at INTEGER NOT NULL,
    settled_at INTEGER
  ) STRICT;
  CREATE INDEX conversions_by_status ON conversions (status);

  -- What a transaction changed in the balances of the wallet and the treasury. The zero address is ether.
  CREATE TABLE balance_changes (
    hash TEXT NOT NULL,
    account TEXT NOT NULL,
    token TEXT NOT NULL,
    opportunity TEXT,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (hash, account, token)
  ) STRICT;

  -- For how long a route paid: one row from the first to the last block in a row with an opportunity along it.
  CREATE TABLE lifetimes (
    id INTEGER PRIMARY KEY,
    route TEXT NOT NULL,
    first_block INTEGER NOT NULL,
    last_block INTEGER NOT NULL,
    first_timestamp INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    ended INTEGER NOT NULL CHECK (ended IN (0, 1))
  ) STRICT;
  CREATE INDEX lifetimes_by_route ON lifetimes (route, last_block);
  `,
  `
  -- What an order needs to be compared with another to the unit: hop by hop, separated by commas.
  ALTER TABLE orders ADD COLUMN route TEXT;
  ALTER TABLE orders ADD COLUMN source TEXT;
  ALTER TABLE orders ADD COLUMN amounts_in TEXT;
  ALTER TABLE orders ADD COLUMN quotes TEXT;

  -- Why the simulation is another than the quotes, by the same words as a result's cause.
  ALTER TABLE verdicts ADD COLUMN cause TEXT CHECK (cause IN ('stale-state', 'quote-error'));
  UPDATE verdicts SET cause = CASE kind WHEN 'diverged' THEN 'quote-error' WHEN 'outdated' THEN 'stale-state' END;

  -- The opportunity whose result set the state, where one did.
  ALTER TABLE risk_events ADD COLUMN opportunity TEXT;
  CREATE INDEX risk_events_by_opportunity ON risk_events (opportunity);

  CREATE INDEX balance_changes_by_opportunity ON balance_changes (opportunity);
  CREATE INDEX conversions_by_opportunity ON conversions (opportunity);

  -- One row for each opportunity: what was expected, simulated and realised, and the cause of every difference. What
  -- there may be several of is JSON.
  CREATE VIEW history AS
    SELECT
      o.id AS opportunity, o.run, o.block, o.timestamp, o.token, o.venues, o.route, o.reason, o.detail,
      d.lender, d.amount, d.min_profit, d.deadline, d.net_usd_e8 AS expected_net_usd_e8,
      v.kind AS verdict, v.detail AS verdict_detail,
      d.expected, v.simulated, r.realised, r.treasury_gain, r.net_usd_e8 AS realised_net_usd_e8,
      r.status, r.hash, m.block AS mined_block, m.gas_used, m.gas_price_wei,
      coalesce(r.cause, v.cause) AS cause, CASE WHEN r.cause IS NULL THEN v.detail ELSE r.detail END AS cause_detail,
      s.status AS reservation, s.max_loss_usd_e8,
      (SELECT json_group_array(json_object('hash', t.hash, 'purpose', t.purpose, 'nonce', t.nonce, 'policy', t.policy,
          'status', t.status, 'detail', t.detail) ORDER BY t.signed_at_ms)
        FROM transactions t WHERE t.opportunity = o.id) AS transactions,
      (SELECT json_group_array(json_object('kind', c.kind, 'token_in', c.token_in, 'token_out', c.token_out,
          'amount_in', c.amount_in, 'min_out', c.min_out, 'received', c.received, 'status', c.status) ORDER BY c.id)
        FROM conversions c WHERE c.opportunity = o.id) AS conversions,
      (SELECT json_group_array(json_object('hash', b.hash, 'account', b.account, 'token', b.token, 'before', b.before,
          'after', b.after) ORDER BY b.token)
        FROM balance_changes b WHERE b.opportunity = o.id) AS balance_changes,
      (SELECT json_group_array(json_object('state', e.state, 'who', e.who, 'reason', e.reason, 'at', e.at) ORDER BY e.id)
        FROM risk_events e WHERE e.opportunity = o.id) AS risk_events
    FROM opportunities o
      LEFT JOIN orders d ON d.opportunity = o.id
      LEFT JOIN verdicts v ON v.opportunity = o.id
      LEFT JOIN results r ON r.opportunity = o.id
      LEFT JOIN receipts m ON m.hash = r.hash
      LEFT JOIN reservations s ON s.opportunity = o.id;

  -- What is left of rows that are older than the retention: sums for each hour, counted from 1970.
  CREATE TABLE routes (id INTEGER PRIMARY KEY, route TEXT NOT NULL, venues TEXT NOT NULL, token TEXT NOT NULL,
    UNIQUE (route, venues, token)) STRICT;
  CREATE TABLE total_opportunities (
    hour INTEGER NOT NULL,
    route INTEGER NOT NULL,
    reached TEXT NOT NULL,
    reason TEXT NOT NULL,
    cause TEXT NOT NULL,
    opportunities INTEGER NOT NULL,
    PRIMARY KEY (hour, route, reached, reason, cause)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE total_results (
    hour INTEGER NOT NULL,
    route INTEGER NOT NULL,
    status TEXT NOT NULL,
    cause TEXT NOT NULL,
    results INTEGER NOT NULL,
    expected TEXT NOT NULL,
    realised TEXT NOT NULL,
    treasury_gain TEXT NOT NULL,
    net_usd_e8 TEXT NOT NULL,
    gas_wei TEXT NOT NULL,
    PRIMARY KEY (hour, route, status, cause)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE total_transactions (
    hour INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    succeeded INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    gas_wei TEXT NOT NULL,
    PRIMARY KEY (hour, purpose, succeeded)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE total_lifetimes (
    hour INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    lifetimes INTEGER NOT NULL,
    PRIMARY KEY (hour, blocks)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE total_quiet_blocks (
    hour INTEGER NOT NULL,
    reason TEXT NOT NULL,
    blocks INTEGER NOT NULL,
    PRIMARY KEY (hour, reason)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Whether the operator has looked at a loss and gone on, and the place among what was booked: streaks follow it.
  ALTER TABLE reservations ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1));
  ALTER TABLE reservations ADD COLUMN place INTEGER;
  CREATE INDEX reservations_by_reserved ON reservations (reserved_at);
  INSERT OR IGNORE INTO reservations
    (opportunity, token, amount, value_usd_e8, max_loss_usd_e8, max_gas_wei, status, reserved_at, settled_at, net_usd_e8,
      gas_wei, acknowledged, place)
    SELECT opportunity, token, '0', '0', '0', '0', 'booked', settled_at, settled_at, net_usd_e8,
      printf('%d', CAST(gas_used AS INTEGER) * CAST(coalesce(gas_price_wei, '0') AS INTEGER)),
      settled_at <= coalesce((SELECT max(at) FROM acknowledgements), 0),
      row_number() OVER (ORDER BY settled_at, results.rowid)
    FROM results LEFT JOIN receipts USING (hash) WHERE net_usd_e8 IS NOT NULL;
  DROP TABLE acknowledgements;
  `,
  `
  CREATE INDEX reservations_by_place ON reservations (place);
  `,
  `
  -- What a replay needs: what decisions of a run depend on besides its snapshots, and the version of the program.
  CREATE TABLE journals (
    run INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    chain TEXT NOT NULL,
    options BLOB NOT NULL
  ) STRICT;

  -- What was decided on, in order. A search remembers: its result rests on all snapshots since the last one that it began
  -- anew with.
  CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    anew INTEGER NOT NULL CHECK (anew IN (0, 1)),
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    base_fee_wei TEXT NOT NULL
  ) STRICT;
  CREATE INDEX snapshots_by_run ON snapshots (run, id);

  -- What changed with a snapshot: states of pools, by parts, and of pool '' all that decisions rest on besides.
  CREATE TABLE states (
    run INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    pool TEXT NOT NULL,
    part TEXT NOT NULL,
    -- Null when the pool is not there.
    value BLOB
  ) STRICT;
  CREATE UNIQUE INDEX states_of_pool ON states (run, pool, part, snapshot);
  CREATE INDEX states_of_snapshot ON states (run, snapshot);

  ALTER TABLE opportunities ADD COLUMN snapshot INTEGER;
  `,
  `
  -- Settlement looks for what is open at every block, and for what was mined lately.
  CREATE INDEX transactions_by_status ON transactions (status, nonce);
  CREATE INDEX transactions_by_conversion ON transactions (conversion);
  CREATE INDEX receipts_by_block ON receipts (block);
  `,
  `
  -- What is old is found without looking at what is not.
  DROP INDEX opportunities_by_reason;
  CREATE INDEX opportunities_by_time ON opportunities (timestamp);
  CREATE INDEX transactions_of_no_opportunity ON transactions (signed_at_ms) WHERE opportunity IS NULL;
  CREATE INDEX lifetimes_by_time ON lifetimes (last_timestamp);
  CREATE INDEX quiet_blocks_by_time ON quiet_blocks (last_timestamp);
  CREATE INDEX reservations_by_settled ON reservations (settled_at);
  `,
];
