import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import Table from "cli-table3";
import { AbiCoder, concat, dataLength, getBytes, Interface, toBeHex, ZeroHash } from "ethers";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { type AskedLenderName, tokenOf, type VenueName, venueNames } from "../bot/config/chains/chain.ts";
import { type LoanOffer, loanFee } from "../bot/domain/lender.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import type { Pool } from "../bot/venues/venue.ts";
import { arbitrumConnection, type Connection } from "../test/support/arbitrum.ts";
import { erc20 } from "../test/support/erc20.ts";
import { deployExecutor } from "../test/support/executor.ts";
import { fiveVenueRoute } from "../test/support/fiveVenueRoute.ts";
import { setTokenBalance } from "../test/support/fund.ts";
import {
  addCounterLiquidity,
  counterLeg,
  executeRoute,
  farDeadline,
  type Leg,
  legThrough,
  loanOf,
  type Market,
  marketOf,
  marketsOf,
  offersNow,
  openSpread,
  poolLoanOf,
  profitableLoop,
  quoteNow,
  straightCounterLeg,
  type Way,
} from "../test/support/routes.ts";
import type { LoanStruct } from "../types/contracts/interfaces/IFlashArbitrage.js";
import { BareCaller__factory, OrderReader__factory } from "../types/index.js";

/*
 * `npm run gas`: what routes cost with every venue, way and lender, and how much of that is ours: the gas of the
 * transaction less that of the same swaps, sent with the same calldata from the same address by a caller that checks
 * nothing and has approved everything before. Both hold one unit of each token besides, as the contract does once it is
 * deployed (ignition/modules/OneUnit.ts). `--check` compares with `bench/gas.json` and fails where a
 * row exceeds a limit, `--update` writes the file.
 */

/** Who finances a route: a name for the tables, the loan, and the call by which the bare caller takes and returns the same. */
interface Lender {
  readonly name: string;
  readonly loan: LoanStruct;
  /** Undefined where nobody is called. */
  readonly call: Call | undefined;
}

interface Call {
  readonly target: string;
  readonly payload: string;
}

interface Row {
  readonly route: string;
  readonly lender: string;
  readonly total: number;
  /** Of the bare caller's transaction. */
  readonly pools: number;
}

/**
 * What ours may come to: the gas of a hop and of a loan, a transaction with Morpho over its bare swaps, and the gas of an
 * order that its price limit ends.
 */
const limits = { hop: 15_000, loan: 40_000, ratio: 1.25, abort: 60_000 };

/** How far a figure may be from the snapshot. Balances and times that differ from run to run move it by less. */
const tolerance = 0.01;
const snapshotFile = new URL("gas.json", import.meta.url);

const amount = 10n ** 17n;
const [weth, usdc, usdt, usdce] = ["WETH", "USDC", "USDT", "USDC.e"].map(
  (symbol) => tokenOf(arbitrum, symbol).address,
) as [string, string, string, string];

interface TracedCall {
  readonly from: string;
  readonly to?: string;
  readonly input: string;
  readonly type: string;
  readonly calls?: readonly TracedCall[];
}

const transferSelector = "0xa9059cbb";

const connection = await arbitrumConnection();
const executor = await deployExecutor(connection);
// A treasury that has earned before: the first unit of a token that an account receives costs 17,100 gas more.
await setTokenBalance(connection, weth, executor.treasury.address, 1n);
for (const { address } of arbitrum.tokens) await setTokenBalance(connection, address, executor.address, 1n);
const start = await connection.networkHelpers.takeSnapshot();
const rows: Row[] = [];

/** The calls of the executor to the targets of the legs, and its transfers to them, in order. What it does in a callback is
 * the bare caller's own. */
async function swapsOf(legs: readonly Leg[], hash: string) {
  const params = [hash, { tracer: "callTracer" }];
  const root = (await connection.provider.request({ method: "debug_traceTransaction", params })) as TracedCall;
  const targets = legs.map(({ hop }) => String(hop.target).toLowerCase());
  const self = executor.address.toLowerCase();
  const isSwap = ({ from, to, input }: TracedCall) => {
    if (from !== self || to === undefined) return false;
    if (targets.includes(to)) return true;
    const receiver = `0x${input.slice(34, 74)}`;
    return input.startsWith(transferSelector) && targets.includes(receiver);
  };
  const listed = (call: TracedCall): TracedCall[] => (isSwap(call) ? [call] : (call.calls ?? []).flatMap(listed));
  const swaps = listed(root);
  if (swaps.length < legs.length) throw new Error(`The trace shows ${swaps.length} swaps of ${legs.length}.`);
  return swaps.map(({ to, input }) => ({ target: to ?? "", payload: input }));
}

/**
 * The second in which a route is measured, and its swaps with it: pools write more in the first block of a second than in
 * the next. It is late enough for the transactions that prepare the bare swaps.
 */
async function secondOfRoute({ networkHelpers }: Connection): Promise<number> {
  return (await networkHelpers.time.latest()) + 60;
}

async function executeAt({ loan }: Lender, legs: readonly Leg[]) {
  await connection.networkHelpers.time.setNextBlockTimestamp(await secondOfRoute(connection));
  return executeRoute(executor, loan, legs);
}

/** The gas of a route's swaps, repeated in the state that the route found. */
async function gasOfSwaps(legs: readonly Leg[]): Promise<number> {
  const before = await connection.networkHelpers.takeSnapshot();
  const { hash } = await executeAt(operator, legs);
  const swaps = await swapsOf(legs, hash);
  await before.restore();
  return gasOfBare(
    swaps,
    legs.map(({ tokenIn, spender }) => [tokenIn, spender]),
  );
}

/** The gas of calls that the bare caller makes from the executor's address, in the second of a route. */
async function gasOfBare(calls: readonly Call[], approvals: readonly (readonly [string, string])[]): Promise<number> {
  const { address, owner } = executor;
  const before = await connection.networkHelpers.takeSnapshot();
  const second = await secondOfRoute(connection);
  const runtime = await (await new BareCaller__factory(owner).deploy()).getDeployedCode();
  await connection.provider.request({ method: "hardhat_setCode", params: [address, runtime ?? "0x"] });
  const bare = BareCaller__factory.connect(address, owner);
  for (const [token, spender] of approvals) await bare.approve(token, spender);
  await setTokenBalance(connection, weth, address, amount + 1n);
  await connection.networkHelpers.time.setNextBlockTimestamp(second);
  const receipt = await (await bare.run([...calls])).wait();
  await before.restore();
  if (!receipt) throw new Error("The bare calls were not mined.");
  return Number(receipt.gasUsed);
}

/** The gas of a loan that is given back at once, without what a transaction costs anyway. */
async function gasOfLoan({ call }: Lender): Promise<number> {
  return call === undefined ? 0 : (await gasOfBare([call], [[weth, call.target]])) - 21_000;
}

const abi = new Interface([
  "function flashLoanSimple(address receiver, address asset, uint256 amount, bytes params, uint16 referralCode)",
  "function flashLoan(address recipient, address[] tokens, uint256[] amounts, bytes userData)",
  "function flashLoan(address token, uint256 assets, bytes data)",
  "function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes data)",
  "function flash(address recipient, uint256 amount0, uint256 amount1, bytes data)",
  "function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes data)",
  "function unlock(bytes data)",
]);

/** What the bare caller sends back where a lender does not tell it: WETH, the amount and its fee. */
const owing = (fee: bigint) => AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [weth, amount + fee]);

/** A loan of a lender that is one contract, or of the operator's own money. */
function lenderOf(name: AskedLenderName): Lender {
  const { address } = executor;
  const target = name === "operator" ? undefined : arbitrum.lenders[name];
  const unlocked = BareCaller__factory.createInterface().encodeFunctionData("onBalancerV3Unlock", [owing(0n)]);
  const payloads: Record<AskedLenderName, string> = {
    aaveV3: abi.encodeFunctionData("flashLoanSimple", [address, weth, amount, "0x", 0]),
    balancerV2: abi.encodeFunctionData("flashLoan(address,address[],uint256[],bytes)", [
      ...[address, [weth], [amount], "0x"],
    ]),
    morphoBlue: abi.encodeFunctionData("flashLoan(address,uint256,bytes)", [weth, amount, "0x"]),
    balancerV3: abi.encodeFunctionData("unlock", [unlocked]),
    operator: "0x",
  };
  const call = target === undefined ? undefined : { target, payload: payloads[name] };
  return { name, loan: loanOf(name, weth, amount), call };
}

/** Pools that lend, one of each kind: of which venue and deployment. */
const lendingPools: readonly (readonly [VenueName, string])[] = [
  ["uniswapV3", "Uniswap V3"],
  ["algebra", "Zyberswap V3"],
  ["uniswapV2", "SushiSwap V2"],
  ["solidly", "Ramses V1"],
  ["dodo", "DODO"],
];

/** Loans of the deepest pool of each kind that the route does not pass. */
async function poolLendersFor(legs: readonly Leg[]): Promise<readonly Lender[]> {
  const passed = legs.map(({ hop }) => hop.target);
  const isVendingMachine = (pool: Pool) => "variant" in pool && pool.variant === "dvm";
  const found: Lender[] = [];
  for (const [venue, deployment] of lendingPools) {
    const markets = (await marketsOf(connection, venue)).filter(
      ({ pool }) => pool.deployment === deployment && (venue !== "dodo" || isVendingMachine(pool)),
    );
    const offers = (await Promise.all(markets.map((market) => offersNow(connection, market))))
      .flat()
      .filter(({ token, source }) => token === weth && !passed.includes(source?.address ?? ""));
    const [deepest, ...others] = offers;
    // A chain under test can lack the deployment.
    if (deepest === undefined) continue;
    const offer = others.reduce((best, each) => (each.available > best.available ? each : best), deepest);
    found.push({ name: `${offer.lender} (${deployment})`, loan: poolLoanOf(offer, amount), call: callOf(offer) });
  }
  return found;
}

/** How the bare caller asks a pool for a loan. */
function callOf(offer: LoanOffer): Call {
  const { lender, source } = offer;
  const { address } = executor;
  const amounts = source?.tokens[0] === weth ? [amount, 0n] : [0n, amount];
  const data = owing(loanFee(offer, amount));
  const payload =
    lender === "concentratedFlash"
      ? abi.encodeFunctionData("flash", [address, ...amounts, data])
      : abi.encodeFunctionData(lender === "pairFlash" ? "swap" : "flashLoan(uint256,uint256,address,bytes)", [
          ...[...amounts, address, data],
        ]);
  return { target: source?.address ?? "", payload };
}

async function measure(route: string, legs: readonly Leg[], lenders: readonly Lender[]): Promise<void> {
  const pools = await gasOfSwaps(legs);
  for (const lender of lenders) {
    const before = await connection.networkHelpers.takeSnapshot();
    const { gasUsed } = await executeAt(lender, legs);
    await before.restore();
    rows.push({ route, lender: lender.name, total: Number(gasUsed), pools });
  }
}

async function fundOperator(): Promise<void> {
  await setTokenBalance(connection, weth, executor.operator.address, amount);
  await erc20(weth, executor.operator).approve(executor.address, amount);
}

/** A loop of WETH through a pool of the venue and back through a pair that is reached straight. */
async function loopThrough(name: VenueName, way: Way, other = usdc): Promise<readonly Leg[]> {
  return loopOf(await marketOf(connection, name, [weth, other], way), other);
}

async function loopOf(market: Market, other: string): Promise<readonly Leg[]> {
  await fundOperator();
  const loop = await profitableLoop(connection, executor, market, [weth, other], loanOf("operator", weth, amount));
  if (isRefusal(loop)) throw new Error(loop.detail);
  const [leg, counter] = loop;
  if (leg === undefined || counter === undefined) throw new Error("A loop has two legs.");
  const kind = "stable" in market.pool && market.pool.stable === false ? "stable" : "volatile";
  return [leg, await straightCounterLeg(connection, counter, kind)];
}

/** A route of WETH through `tokens` by straight pools of Uniswap V3, and back through a pair that is reached straight. */
async function chainOf(tokens: readonly string[]): Promise<readonly Leg[]> {
  const { legs, delivered } = await legsThrough("uniswapV3", "straight", tokens);
  return closed(legs, delivered);
}

/** A route of WETH through `tokens` by pools of Balancer in one hop, and back through a pair that is reached straight. */
async function batchOf(tokens: readonly string[]): Promise<readonly Leg[]> {
  const { legs, delivered } = await legsThrough("balancer", "through its router", tokens);
  const batch = legs.reduce((first, next) => ({
    ...next,
    hop: { ...next.hop, data: concat([first.hop.data, first.tokenOut, next.hop.data].map(String)) },
    tokenIn: first.tokenIn,
  }));
  return closed([batch], delivered);
}

/** Legs from WETH through `tokens`, each by a pool of one venue, and what the last of them delivers. */
async function legsThrough(venue: VenueName, way: Way, tokens: readonly string[]) {
  await fundOperator();
  const legs: Leg[] = [];
  let [tokenIn, delivered] = [weth, amount];
  for (const tokenOut of tokens) {
    const market = await marketOf(connection, venue, [tokenIn, tokenOut], way);
    const quote = await quoteNow(connection, market, tokenIn, tokenOut, delivered);
    if (isRefusal(quote)) throw new Error(quote.detail);
    legs.push(legThrough(market, tokenIn, tokenOut));
    [tokenIn, delivered] = [tokenOut, quote];
  }
  return { legs, delivered };
}

/** Closes a route by a pair that pays enough for it, reached straight. */
async function closed(legs: readonly Leg[], delivered: bigint): Promise<readonly Leg[]> {
  const tokenOut = legs.at(-1)?.tokenOut ?? weth;
  const counter = counterLeg(tokenOut, weth);
  await addCounterLiquidity(connection, executor, [weth, amount * 100n], [tokenOut, delivered * 100n]);
  const sale = { tokenIn: weth, tokenOut, amountIn: amount };
  await openSpread(connection, executor, operator.loan, [...legs, counter], sale);
  return [...legs, await straightCounterLeg(connection, counter)];
}

/** Enough for every route. A limit spares the estimate, which would fail. */
const gasLimit = 2_000_000n;

/** The gas of a transaction that is mined and reverts. The chain says so when it is sent, with its hash. */
async function gasOfFailure(sent: Promise<unknown>): Promise<number> {
  const hash: unknown = await sent.then(
    () => undefined,
    (error: { transactionHash?: string }) => error.transactionHash,
  );
  if (typeof hash !== "string") throw new Error("The order is not given up.");
  const receipt = await connection.ethers.provider.getTransactionReceipt(hash);
  if (receipt?.status !== 0) throw new Error("The order is not mined as a failure.");
  return Number(receipt.gasUsed);
}

/** The gas of an order whose first hop, through a market, has a price limit that the market is beyond. */
async function gasOfAbort({ venue, deployment, pool }: Market, legs: readonly Leg[]): Promise<number> {
  const [first, ...rest] = legs.map(({ hop }) => hop);
  if (first === undefined) throw new Error("A route has hops.");
  // Where the price rises with what is sold, the limit is the most.
  const isMost =
    "base" in pool
      ? pool.base !== weth
      : (pool.venue === "uniswapV3" || pool.venue === "algebra") && BigInt(weth) > BigInt(usdc);
  const hops = [{ ...first, ...venue.encodeDirect?.(deployment, pool, weth, isMost ? 1n : 2n ** 159n) }, ...rest];
  const before = await connection.networkHelpers.takeSnapshot();
  const loan = loanOf("morphoBlue", weth, amount);
  const gas = await gasOfFailure(executor.flash.execute(ZeroHash, loan, hops, 1n, farDeadline, { gasLimit }));
  await before.restore();
  return gas;
}

/** The gas of an order that runs to its end and loses. */
async function gasOfLoss(legs: readonly Leg[]): Promise<number> {
  const hops = legs.map(({ hop }) => hop);
  const before = await connection.networkHelpers.takeSnapshot();
  const loan = loanOf("morphoBlue", weth, amount);
  const gas = await gasOfFailure(executor.flash.execute(ZeroHash, loan, hops, 2n ** 128n, farDeadline, { gasLimit }));
  await before.restore();
  return gas;
}

/** Calldata of an order in both encodings: bytes, gas by EIP-2028, bytes after brotli as Arbitrum's batches, gas to read. */
async function calldataOf(legs: readonly Leg[]) {
  const loan = loanOf("morphoBlue", weth, amount);
  const [minProfit, deadline] = [3n * 10n ** 14n, 1_790_000_000n];
  const id = `0x${"5a3c96e1d20f784b".repeat(4)}`;
  const hops = legs.map(({ hop }) => hop);
  const structs = executor.flash.interface.encodeFunctionData("execute", [id, loan, hops, minProfit, deadline]);
  const order = concat([
    ...[id, toBeHex(loan.lender, 1), weth, toBeHex(amount, 16), toBeHex(minProfit, 16), toBeHex(deadline, 5)],
    ...hops.flatMap(({ venue, target, tokenOut, data }) => [
      ...[
        toBeHex(venue, 1),
        String(target),
        String(tokenOut),
        toBeHex(0, 16),
        toBeHex(dataLength(data), 1),
        String(data),
      ],
    ]),
  ]);
  const packed = concat(["0x01020304", order]);
  const reader = await new OrderReader__factory(executor.owner).deploy();
  const [readStructs] = await reader.readStructs(id, loan, hops, minProfit, deadline);
  const [readPacked] = await reader.readPacked(order);
  return [
    { encoding: "structs", ...costOf(structs), reading: Number(readStructs) },
    { encoding: "packed", ...costOf(packed), reading: Number(readPacked) },
  ];
}

function costOf(data: string) {
  const bytes = getBytes(data);
  const intrinsic = bytes.reduce((gas, byte) => gas + (byte === 0 ? 4 : 16), 0);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };
  return { bytes: bytes.length, intrinsic, compressed: brotliCompressSync(bytes, { params }).length };
}

/* MEASURE */

const aaveV3 = lenderOf("aaveV3");
const balancerV2 = lenderOf("balancerV2");
const balancerV3 = lenderOf("balancerV3");
const morphoBlue = lenderOf("morphoBlue");
const operator = lenderOf("operator");

/** Our part of a route without hops, and of one more hop, from routes of one, two and three hops of Uniswap V3. */
const depths: number[] = [];
/** What each lender takes by itself. */
const loans = new Map<string, number>();
for (const tokens of [[usdt], [usdc, usdt], [usdce, usdc, usdt]]) {
  await start.restore();
  const legs = await chainOf(tokens);
  const isFirst = depths.length === 0;
  const lenders = isFirst
    ? [aaveV3, balancerV2, morphoBlue, balancerV3, ...(await poolLendersFor(legs)), operator]
    : [operator];
  await measure(`${tokens.length} × uniswapV3, a pair`, legs, lenders);
  if (isFirst) for (const lender of lenders) loans.set(lender.name, await gasOfLoan(lender));
  const row = rows.at(-1);
  depths.push((row?.total ?? 0) - (row?.pools ?? 0));
}
for (const name of venueNames) {
  const ways: readonly Way[] = name === "balancer" ? ["through its router"] : ["through its router", "straight"];
  for (const way of ways) {
    if (name === "uniswapV3" && way === "through its router") continue;
    if ((await marketsOf(connection, name, way)).length === 0) continue;
    await start.restore();
    const legs = await loopThrough(name, way, name === "balancer" ? usdce : usdc);
    await measure(
      `${name} ${way}, a pair`,
      legs,
      way === "straight" && name !== "uniswapV3" ? [morphoBlue, operator] : [operator],
    );
  }
}
await start.restore();
await measure("balancer straight, two pools in a row, a pair", await batchOf([usdce, usdt]), [morphoBlue, operator]);
await start.restore();
const five = await fiveVenueRoute(connection, executor, amount);
await measure("five hops through routers", five.legs, [aaveV3, morphoBlue, operator]);

const aborts: [string, number, number][] = [];
for (const name of venueNames) {
  const markets = (await marketsOf(connection, name, "straight")).filter(({ pool }) =>
    [weth, usdc].every((token) => pool.tokens.includes(token)),
  );
  // One of each contract that is asked: a pair of Camelot V2 is another than those of the other generations.
  const others = markets.filter(({ pool }) => pool.deployment === "Camelot V2");
  for (const market of [...markets.slice(0, 1), ...others]) {
    await start.restore();
    const legs = await loopOf(market, usdc);
    const label = market === markets[0] ? name : `${name} (${market.pool.deployment})`;
    aborts.push([label, await gasOfAbort(market, legs), await gasOfLoss(legs)]);
  }
}
await start.restore();
const calldata = await calldataOf(await loopThrough("uniswapV3", "straight"));
await connection.close();

/* REPORT */

function draw(head: readonly string[], lines: readonly (readonly (string | number)[])[]): void {
  const table = new Table({ style: { head: [], border: [] }, head: [...head] });
  table.push(...lines.map((line) => line.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell))));
  process.stdout.write(`${table.toString()}\n`);
}

/** The rows that exceed a limit, each with it. */
const beyond: string[] = [];

/** Prints a limit of the table above, with the rows that exceed it. */
function judge(
  limit: string,
  entries: readonly (readonly [string, number])[],
  isWithin: (value: number) => boolean,
): void {
  const exceeding = entries.flatMap(([name, value]) =>
    isWithin(value) ? [] : [`${name} (${value.toLocaleString("en")})`],
  );
  beyond.push(...exceeding.map((row) => `${row} is beyond the limit: ${limit}.`));
  const verdict = exceeding.length === 0 ? "all rows are within it." : `exceeded by ${exceeding.join(", ")}.`;
  process.stdout.write(`Limit: ${limit}: ${verdict}\n`);
}

const [one = 0, two = 0, three = 0] = depths;
const hopOfV3 = Math.round((three - one) / 2);
const restOfRoute = one - hopOfV3;
const ours = ({ total, pools }: Row) => total - pools;
const rowOf = (route: string, lender: string) => rows.find((row) => row.route === route && row.lender === lender);
const pairRow = rowOf("solidly straight, a pair", "operator");

draw(
  ["route", "lender", "gas", "bare swaps", "ours", "gas / bare"],
  rows.map((row) => [row.route, row.lender, row.total, row.pools, ours(row), (row.total / row.pools).toFixed(3)]),
);
judge(
  `two hops straight with Morpho below ${limits.ratio} × their bare swaps`,
  rows
    .filter(({ route, lender }) => route.endsWith(", a pair") && lender === "morphoBlue")
    .map(({ route, total, pools }) => [route, total / pools]),
  (ratio) => ratio < limits.ratio,
);
const hops: readonly (readonly [string, number])[] = [
  ["uniswapV3, the second of three", two - one],
  ["uniswapV3, the third of four", three - two],
  ...rows
    .filter(({ route, lender }) => route.endsWith(", a pair") && lender === "operator" && !route.includes("×"))
    .map((row) => [row.route.slice(0, -", a pair".length), ours(row) - restOfRoute] as const),
];
draw(["a hop through", "ours"], hops);
judge(`${limits.hop.toLocaleString("en")} of ours a hop`, hops, (gas) => gas <= limits.hop);
// Two hops through a pool that calls back, and through a pair that is sent its input.
const hopsOfOne = hopOfV3 + (pairRow === undefined ? 0 : ours(pairRow) - restOfRoute);
const borrowed = [...loans].map(([lender, own]) => {
  const row = rowOf("1 × uniswapV3, a pair", lender);
  const all = row === undefined ? 0 : ours(row) - hopsOfOne;
  return [lender, all, own, all - own] as const;
});
draw(["a loan of", "with all that is no hop", "the lender's own", "ours"], borrowed);
judge(
  `${limits.loan.toLocaleString("en")} of ours a loan`,
  borrowed.map(([lender, , , gas]) => [lender, gas]),
  (gas) => gas <= limits.loan,
);
draw(["given up at the price of", "gas", "run to its end and lost"], aborts);
judge(
  `${limits.abort.toLocaleString("en")} for an order that is given up`,
  aborts.map(([name, gas]) => [name, gas]),
  (gas) => gas < limits.abort,
);
draw(
  ["calldata of two hops", "bytes", "gas of the bytes", "bytes after brotli", "gas to read"],
  calldata.map(({ encoding, bytes, intrinsic, compressed, reading }) => [
    encoding,
    bytes,
    intrinsic,
    compressed,
    reading,
  ]),
);

/* SNAPSHOT */

const figures: Record<string, number> = Object.fromEntries([
  ...rows.flatMap((row) => [
    [`${row.route} | ${row.lender}`, row.total],
    [`${row.route} | bare`, row.pools],
  ]),
  ...aborts.map(([name, gas]) => [`given up at ${name}'s price`, gas]),
]);
if (process.argv.includes("--update")) writeFileSync(snapshotFile, `${JSON.stringify(figures, undefined, 2)}\n`);
if (process.argv.includes("--check")) {
  const expected: Record<string, number> = JSON.parse(readFileSync(snapshotFile, "utf8"));
  const names = [...new Set([...Object.keys(expected), ...Object.keys(figures)])];
  const off = names.filter((name) => {
    const [before, now] = [expected[name], figures[name]];
    return before === undefined || now === undefined || Math.abs(now - before) > before * tolerance;
  });
  for (const name of off)
    process.stdout.write(`${name}: ${expected[name] ?? "nothing"} before, now ${figures[name] ?? "nothing"}\n`);
  if (off.length > 0)
    process.stdout.write("Gas has changed by more than 1 %. If that is meant: npm run gas -- --update\n");
  for (const row of beyond) process.stdout.write(`${row}\n`);
  if (off.length > 0 || beyond.length > 0) process.exitCode = 1;
}
