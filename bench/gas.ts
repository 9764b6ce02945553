import Table from "cli-table3";
import { arbitrum } from "../bot/config/chains/arbitrum.ts";
import { lenderNames, tokenOf } from "../bot/config/chains/chain.ts";
import { isRefusal } from "../bot/domain/quote.ts";
import { arbitrumConnection, type Connection } from "../test/support/arbitrum.ts";
import { erc20 } from "../test/support/erc20.ts";
import { deployExecutor, type Executor } from "../test/support/executor.ts";
import { fiveVenueRoute } from "../test/support/fiveVenueRoute.ts";
import { setTokenBalance } from "../test/support/fund.ts";
import { executeRoute, type Leg, loanOf, marketOf, openSpread, profitableLoop } from "../test/support/routes.ts";
import { BareCaller__factory } from "../types/index.js";

/*
 * `npm run bench:gas`: what a two-hop and a five-hop route cost with each lender, and how much of that is not the swaps:
 * the gas of the route less that of the same swaps, sent with the same calldata from the same address by a caller that
 * checks nothing and has approved everything before.
 */

const amount = 10n ** 17n;
const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;

interface TracedCall {
  readonly from: string;
  readonly to?: string;
  readonly input: string;
  readonly calls?: readonly TracedCall[];
}

/** The calls that the executor made to the targets of the legs, in order. A token is no target. */
async function swapsOf(connection: Connection, { address }: Executor, legs: readonly Leg[], hash: string) {
  const params = [hash, { tracer: "callTracer" }];
  const root = (await connection.provider.request({ method: "debug_traceTransaction", params })) as TracedCall;
  const targets = legs.map(({ hop }) => String(hop.target).toLowerCase());
  const swaps = flatten(root).filter(
    ({ from, to }) => from === address.toLowerCase() && to !== undefined && targets.includes(to),
  );
  if (swaps.length !== legs.length) throw new Error(`The trace shows ${swaps.length} swaps of ${legs.length}.`);
  return swaps.map(({ to, input }) => ({ target: to ?? "", payload: input }));
}

function flatten(call: TracedCall): TracedCall[] {
  return [call, ...(call.calls ?? []).flatMap(flatten)];
}

/**
 * The second in which a route is measured, and its swaps with it: pools write more in the first block of a second than in
 * the next. It is late enough for the transactions that prepare the bare swaps.
 */
async function secondOfRoute({ networkHelpers }: Connection): Promise<number> {
  return (await networkHelpers.time.latest()) + 60;
}

/** The gas of a route's swaps, repeated in the state that the route found. */
async function gasOfSwaps(connection: Connection, executor: Executor, legs: readonly Leg[]): Promise<bigint> {
  const { address, owner } = executor;
  const before = await connection.networkHelpers.takeSnapshot();
  const second = await secondOfRoute(connection);
  await connection.networkHelpers.time.setNextBlockTimestamp(second);
  const { hash } = await executeRoute(executor, loanOf("operator", weth, amount), legs);
  const swaps = await swapsOf(connection, executor, legs, hash);
  await before.restore();

  const runtime = await (await new BareCaller__factory(owner).deploy()).getDeployedCode();
  await connection.provider.request({ method: "hardhat_setCode", params: [address, runtime ?? "0x"] });
  const bare = BareCaller__factory.connect(address, owner);
  for (const { tokenIn, spender } of legs) await bare.approve(tokenIn, spender);
  await setTokenBalance(connection, weth, address, amount);
  await connection.networkHelpers.time.setNextBlockTimestamp(second);
  const receipt = await (await bare.run(swaps)).wait();
  await before.restore();
  if (!receipt) throw new Error("The bare swaps were not mined.");
  return receipt.gasUsed;
}

const connection = await arbitrumConnection();
const executor = await deployExecutor(connection);
const start = await connection.networkHelpers.takeSnapshot();
const rows: string[][] = [];

async function measure(name: string, legs: readonly Leg[], excluded: readonly string[] = []): Promise<void> {
  const swaps = await gasOfSwaps(connection, executor, legs);
  for (const lender of lenderNames.filter((candidate) => !excluded.includes(candidate))) {
    const before = await connection.networkHelpers.takeSnapshot();
    await connection.networkHelpers.time.setNextBlockTimestamp(await secondOfRoute(connection));
    const { gasUsed } = await executeRoute(executor, loanOf(lender, weth, amount), legs);
    await before.restore();
    const share = ((gasUsed - swaps) * 1_000n) / gasUsed;
    rows.push([name, lender, ...[gasUsed, swaps, gasUsed - swaps].map(String), `${share / 10n}.${share % 10n} %`]);
  }
}

const market = await marketOf(connection, "algebra", [weth, usdc]);
await setTokenBalance(connection, weth, executor.operator.address, amount);
await erc20(weth, executor.operator).approve(executor.address, amount);
const loop = await profitableLoop(connection, executor, market, [weth, usdc], loanOf("operator", weth, amount));
if (isRefusal(loop)) throw new Error(loop.detail);
const sale = { tokenIn: weth, tokenOut: usdc, amountIn: amount };
await openSpread(connection, executor, loanOf("aaveV3", weth, amount), loop, sale);
await measure("two hops: algebra, solidly", loop);

await start.restore();
const five = await fiveVenueRoute(connection, executor, amount);
await measure("five hops: one a venue", five.legs, ["balancerV2"]);

const table = new Table({
  style: { head: [], border: [] },
  head: ["route", "lender", "gas", "bare swaps", "lender and ours", "share"],
});
table.push(...rows);
process.stdout.write(`${table.toString()}\n`);
await connection.close();
