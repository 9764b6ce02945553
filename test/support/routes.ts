import { AbiCoder, type BigNumberish, Contract, ZeroAddress, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import {
  type Address,
  type AskedLenderName,
  type Deployment,
  deploymentsOf,
  lenderNames,
  type VenueName,
  venueNames,
} from "../../bot/config/chains/chain.ts";
import { type LoanOffer, loanFee } from "../../bot/domain/lender.ts";
import { isRefusal, type Quote } from "../../bot/domain/quote.ts";
import { offersOf } from "../../bot/lenders/poolLender.ts";
import { venues } from "../../bot/venues/registry.ts";
import { encodeCheapest, type Pool, type Swap, type Venue } from "../../bot/venues/venue.ts";
import type { HopStruct, LoanStruct } from "../../types/contracts/interfaces/IFlashArbitrage.js";
import { IFlashArbitrage__factory } from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";
import { erc20 } from "./erc20.ts";
import type { Executor } from "./executor.ts";
import { setTokenBalance } from "./fund.ts";
import { readerAt } from "./reader.ts";

/** How a hop reaches a pool. */
export type Way = "through its router" | "straight";

/** A pool with its deployment and the module that knows both. */
export interface Market {
  readonly way: Way;
  readonly venue: Venue;
  readonly deployment: Deployment;
  readonly pool: Pool;
}

/** One hop of a route under test, with what a test must know to check what it leaves behind. */
export interface Leg {
  readonly hop: HopStruct;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  /** Who is approved for the input. */
  readonly spender: Address;
}

/** Far enough for every test. */
export const farDeadline = 2n ** 64n;

/** Lists the pools of a venue on the chain under test that can be reached in a way. */
export async function marketsOf(
  connection: Connection,
  name: VenueName,
  way: Way = "through its router",
): Promise<Market[]> {
  // Each module gets its own venue's deployments: the pairing is by name.
  const venue = venues[name] as unknown as Venue;
  const lists = await Promise.all(
    deploymentsOf(arbitrum, name).map(async (deployment) => {
      const pools = await venue.discover(deployment, arbitrum.tokens, readerAt(connection));
      return pools.flatMap((pool): Market[] => {
        if (way === "through its router") return [{ way, venue, deployment, pool: { ...pool, direct: false } as Pool }];
        const hop = venue.encodeDirect?.(deployment, pool, pool.tokens[0] ?? ZeroAddress, 0n);
        return hop === undefined ? [] : [{ way, venue, deployment, pool }];
      });
    }),
  );
  return lists.flat();
}

/** Reads a pool's state at the newest block. */
export async function stateNow(connection: Connection, { venue, pool }: Market): Promise<unknown> {
  const block = await connection.ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The chain has no newest block.");
  const results = await readerAt(connection, block.number).read(venue.reads(pool));
  return venue.decode(pool, results, BigInt(block.timestamp));
}

/** Quotes a swap at the newest block. */
export async function quoteNow(
  connection: Connection,
  market: Market,
  tokenIn: Address,
  tokenOut: Address,
  amountIn: bigint,
): Promise<Quote> {
  const state = await stateNow(connection, market);
  return isRefusal(state) ? state : market.venue.quote(market.pool, state, { tokenIn, tokenOut, amountIn });
}

/** Returns what a pool lends at the newest block. */
export async function offersNow(connection: Connection, market: Market): Promise<readonly LoanOffer[]> {
  const lender = market.venue.lends;
  const state = await stateNow(connection, market);
  return lender === undefined || isRefusal(state) ? [] : offersOf(lender, market.pool, state);
}

/** Finds a market of a venue that trades both tokens, or says that the chain has none. */
export async function marketOf(
  connection: Connection,
  name: VenueName,
  tokens: readonly Address[],
  way?: Way,
): Promise<Market> {
  const markets = await marketsOf(connection, name, way);
  const found = markets.find(({ pool }) => tokens.every((token) => pool.tokens.includes(token)));
  if (found === undefined) throw new Error(`No ${name} pool on this chain trades ${tokens.join(" and ")}.`);
  return found;
}

/** Encodes a hop through a market. */
export function legThrough({ way, venue, deployment, pool }: Market, tokenIn: Address, tokenOut: Address): Leg {
  const { target, data } =
    way === "straight"
      ? encodeCheapest(venue, deployment, pool, tokenIn, tokenOut)
      : venue.encode(deployment, pool, tokenIn, tokenOut);
  const spender = deployment.venue === "dodo" && way !== "straight" ? deployment.approve : target;
  return {
    hop: { venue: venueNames.indexOf(venue.name), target, tokenOut, amountIn: 0n, data },
    tokenIn,
    tokenOut,
    spender,
  };
}

export function loanOf(lender: AskedLenderName, token: Address, amount: bigint): LoanStruct {
  return { lender: lenderNames.indexOf(lender), source: ZeroAddress, token, amount, fee: 0n };
}

/** A loan of what a pool offers, with the fee that it asks for where it does not say so itself. */
export function poolLoanOf(offer: LoanOffer, amount: bigint): LoanStruct {
  const { lender, source, token } = offer;
  const fee = lender === "pairFlash" ? loanFee(offer, amount) : 0n;
  return { lender: lenderNames.indexOf(lender), source: source?.address ?? ZeroAddress, token, amount, fee };
}

const routerAbi = [
  "function pairFor(address tokenA, address tokenB, bool stable) view returns (address)",
  "function addLiquidity(address tokenA, address tokenB, bool stable, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, uint256 amountBMin, address to, uint256 deadline)",
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, (address from, address to, bool stable)[] routes, address to, uint256 deadline)",
];

const [solidly] = deploymentsOf(arbitrum, "solidly");
if (solidly === undefined) throw new Error("The chain file lists no Solidly deployment.");
const router = solidly.router;

/** The two kinds of Solidly pairs. */
export type Kind = "volatile" | "stable";

/** A Solidly pair against which the tests open spreads, whatever else the chain holds. */
export function counterLeg(tokenIn: Address, tokenOut: Address, kind: Kind = "volatile"): Leg {
  const data = AbiCoder.defaultAbiCoder().encode(["bool"], [kind === "stable"]);
  const hop = { venue: venueNames.indexOf("solidly"), target: router, tokenOut, amountIn: 0n, data };
  return { hop, tokenIn, tokenOut, spender: router };
}

/** The counter pair of a leg, reached without its router. */
export async function straightCounterLeg({ ethers }: Connection, leg: Leg, kind: Kind = "volatile"): Promise<Leg> {
  const { tokenIn, tokenOut } = leg;
  const pairFor = new Contract(router, routerAbi, ethers.provider).getFunction("pairFor");
  const target: Address = await pairFor(tokenIn, tokenOut, kind === "stable");
  const data = `0x${"00".repeat(20)}`;
  const hop = { venue: venueNames.indexOf("solidly"), target, tokenOut, amountIn: 0n, data };
  return { hop, tokenIn, tokenOut, spender: target };
}

/** Adds liquidity to the counter pair, which begins it where the chain has none. */
export async function addCounterLiquidity(
  connection: Connection,
  { trader }: Executor,
  [tokenA, amountA]: readonly [Address, bigint],
  [tokenB, amountB]: readonly [Address, bigint],
  kind: Kind = "volatile",
): Promise<void> {
  for (const [token, amount] of [
    [tokenA, amountA],
    [tokenB, amountB],
  ] as const) {
    await setTokenBalance(connection, token, trader.address, amount);
    await erc20(token, trader).approve(router, amount);
  }
  await new Contract(router, routerAbi, trader).getFunction("addLiquidity")(
    ...[tokenA, tokenB, kind === "stable", amountA, amountB, 0n, 0n, trader.address, farDeadline],
  );
}

/** Sells into the counter pair, so that what was sold becomes cheap there. */
export async function sellIntoCounter(
  connection: Connection,
  { trader }: Executor,
  { tokenIn, tokenOut, amountIn }: Swap,
  kind: Kind = "volatile",
): Promise<void> {
  await setTokenBalance(connection, tokenIn, trader.address, amountIn);
  await erc20(tokenIn, trader).approve(router, amountIn);
  await new Contract(router, routerAbi, trader).getFunction("swapExactTokensForTokens")(
    ...[amountIn, 0n, [{ from: tokenIn, to: tokenOut, stable: kind === "stable" }], trader.address, farDeadline],
  );
}

/** What an execution changed. */
export interface Executed {
  readonly lender: bigint;
  readonly token: Address;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly profit: bigint;
  /** What the treasury's balance grew by. */
  readonly gained: bigint;
  readonly gasUsed: bigint;
  readonly hash: string;
}

/** Executes a route for real and returns what its event and the treasury say. */
export async function executeRoute(
  { flash, treasury, operator }: Executor,
  loan: LoanStruct,
  legs: readonly Leg[],
  minProfit: BigNumberish = 1n,
): Promise<Executed> {
  const token = erc20(loan.token as Address, operator);
  const before = await token.balanceOf(treasury);
  const hops = legs.map(({ hop }) => hop);
  const sent = await flash.execute(ZeroHash, loan, hops, minProfit, farDeadline);
  const receipt = await sent.wait();
  const [event] = await flash.queryFilter(flash.filters.Arbitrage(), receipt?.blockNumber);
  if (!receipt || !event) throw new Error("The execution left no Arbitrage event.");
  const { lender, token: earned, amount, fee, profit } = event.args;
  const gained = (await token.balanceOf(treasury)) - before;
  const { gasUsed, hash } = receipt;
  return { lender, token: earned, amount, fee, profit, gained, gasUsed, hash };
}

/** What a route left in the contract, and which allowances: both must be empty. */
export async function residue({ ethers }: Connection, { address }: Executor, legs: readonly Leg[]): Promise<string[]> {
  const left: string[] = [];
  const spenders = [...new Set([...legs.map(({ spender }) => spender), ...Object.values(arbitrum.lenders)])];
  for (const token of new Set(legs.flatMap(({ tokenIn, tokenOut }) => [tokenIn, tokenOut]))) {
    const contract = erc20(token, ethers.provider);
    const balance = await contract.balanceOf(address);
    if (balance !== 0n) left.push(`${balance} of ${token}`);
    for (const spender of spenders) {
      const allowance = await contract.allowance(address, spender);
      if (allowance !== 0n) left.push(`an allowance of ${allowance} of ${token} for ${spender}`);
    }
  }
  const ether = await ethers.provider.getBalance(address);
  if (ether !== 0n) left.push(`${ether} wei`);
  return left;
}

/**
 * Makes `market` part of a route that pays: tokenIn → `market` → tokenOut → counter pair → tokenIn, by selling tokenIn
 * into the counter pair until the route's execution is profitable. Returns the legs, or the market's refusal.
 */
export async function profitableLoop(
  connection: Connection,
  executor: Executor,
  market: Market,
  [tokenIn, tokenOut]: readonly [Address, Address],
  loan: LoanStruct,
): Promise<readonly Leg[] | Exclude<Quote, bigint>> {
  const amount = BigInt(loan.amount as bigint);
  const quote = await quoteNow(connection, market, tokenIn, tokenOut, amount);
  if (isRefusal(quote)) return quote;
  // A volatile Solidly pair cannot be its own counter pair.
  const kind: Kind = "stable" in market.pool && market.pool.stable === false ? "stable" : "volatile";
  const legs = [legThrough(market, tokenIn, tokenOut), counterLeg(tokenOut, tokenIn, kind)];
  // A stable pair far from parity sells its scarcer token for a third of the ratio, hence ten times as much of tokenIn.
  const depth = kind === "stable" ? 1_000n : 100n;
  await addCounterLiquidity(connection, executor, [tokenIn, amount * depth], [tokenOut, quote * 100n], kind);
  await openSpread(connection, executor, loan, legs, { tokenIn, tokenOut, amountIn: amount }, kind);
  return legs;
}

/** Sells into the counter pair until the route pays: `sale` at first, twice as much each time. */
export async function openSpread(
  connection: Connection,
  executor: Executor,
  loan: LoanStruct,
  legs: readonly Leg[],
  sale: Swap,
  kind: Kind = "volatile",
): Promise<void> {
  const { flash } = executor;
  const hops = legs.map(({ hop }) => hop);
  let { amountIn } = sale;
  let reason: unknown;
  for (let round = 0; round < 24; round++) {
    try {
      await flash.execute.staticCall(ZeroHash, loan, hops, 1n, farDeadline);
      return;
    } catch (error) {
      reason = error;
    }
    await sellIntoCounter(connection, executor, { ...sale, amountIn }, kind);
    amountIn *= 2n;
  }
  throw new Error("No spread in the counter pair makes the route pay.", { cause: reason });
}

/** Matches the reason of a hop whose pool asked for less than the hop's input, because it has no price for more. */
export function asksForLessThan(amountIn: bigint) {
  return (reason: string) => {
    const error = IFlashArbitrage__factory.createInterface().parseError(reason);
    return error?.name === "UnexpectedCharge" && error.args.owed > 0n && error.args.owed < amountIn;
  };
}
