import { AbiCoder, concat, Interface, id, toBeHex, ZeroAddress } from "ethers";
import { expectAnswer, expectValue } from "../check/expectation.ts";
import type { Address, DodoDeployment, Token } from "../config/chains/chain.ts";
import type { Curve } from "../domain/curve.ts";
import { type Refusal, refuse } from "../domain/quote.ts";
import { dodoFlash } from "../lenders/dodoFlash.ts";
import { classicalCurve } from "./dodo/classicalCurve.ts";
import { poolCurve } from "./dodo/poolCurve.ts";
import { decode, reads } from "./dodo/reads.ts";
import { type DodoPool, type DodoState, type DodoVariant, openTerms } from "./dodo/state.ts";
import { basePriceLimit } from "./priceLimit.ts";
import { type CallResult, type Follow, type HopCall, quoteOnce, type Reader, type Venue } from "./venue.ts";

export {
  type ClassicalTerms,
  type DodoPool,
  type DodoState,
  type DodoVariant,
  openTerms,
  type PmmState,
  type RState,
  rState,
} from "./dodo/state.ts";

const factory = new Interface(["function getDODOPool(address base, address quote) view returns (address[])"]);
const pair = new Interface([
  "function _BASE_TOKEN_() view returns (address)",
  "function _QUOTE_TOKEN_() view returns (address)",
]);
const route = new Interface([
  "function mixSwap(address fromToken, address toToken, uint256 fromTokenAmount, uint256 minReturnAmount, address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos, bytes feeData, uint256 deadLine) payable returns (uint256)",
]);
const sales = new Interface(["function sellBase(address to)", "function sellQuote(address to)"]);
const events = new Interface([
  "event DODOSwap(address fromToken, address toToken, uint256 fromAmount, uint256 toAmount, address trader, address receiver)",
  "event DODOFlashLoan(address borrower, address assetTo, uint256 baseAmount, uint256 quoteAmount)",
  "event BuyShares(address to, uint256 increaseShares, uint256 totalShares)",
  "event SellShares(address payer, address to, uint256 decreaseShares, uint256 totalShares)",
]);

const coder = AbiCoder.defaultAbiCoder();

/** No broker: nobody else is paid from the output. */
const feeData = coder.encode(["address", "uint256"], [ZeroAddress, 0n]);

/**
 * DODO's pools. The output is net of the pool's two fees; behind the fee route proxy, through which classical pools are
 * swapped, also of the proxy's.
 */
export const dodo: Venue<DodoDeployment, DodoPool, DodoState> = {
  name: "dodo",

  gas: 230_000n,

  requirements({ routeProxy, approve, approveProxy, v1Adapter, v2Adapter, factories }) {
    return {
      contracts: { routeProxy, approve, approveProxy, v1Adapter, v2Adapter, ...factories },
      expectations: [
        expectValue(approveProxy, "isAllowedProxy(address proxy) view returns (bool)", [routeProxy], true),
        expectAnswer(routeProxy, "routeFeeRate() view returns (uint256)"),
      ],
    };
  },
  discover,
  reads,
  decode,
  // A classical pool's, and those of the others.
  trades: {
    topics: [
      id("SellBaseToken(address,uint256,uint256)"),
      id("BuyBaseToken(address,uint256,uint256)"),
      events.getEvent("DODOSwap")?.topicHash ?? "",
    ],
    source: ({ address }) => ({ address }),
  },
  follow: follow(),
  curve,
  quote: (pool, state, swap) => quoteOnce(curve, pool, state, swap),
  lends: dodoFlash,
  encode,
  encodeDirect(_deployment, { address, direct, base }, tokenIn, limit) {
    if (!direct) return undefined;
    const selector = sellSelector(tokenIn === base);
    return { target: address, data: limit === 0n ? selector : concat([selector, toBeHex(limit, 20)]) };
  },
  // As `getMidPrice` counts it. A pool's roundings can pay some units more than that.
  priceLimit: ({ base }, swap, leastOut) =>
    basePriceLimit(swap, leastOut - 2n, swap.tokenIn === base, [10n ** 18n, 1n]),
};

/** @throws when a factory does not answer, because then the deployment's addresses are wrong */
async function discover(
  deployment: DodoDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly DodoPool[]> {
  const listings = variants.flatMap((variant) =>
    tokens.flatMap((base) =>
      tokens.filter((other) => other !== base).map((quote) => ({ variant, base: base.address, quote: quote.address })),
    ),
  );
  const lists = await reader.read(
    listings.map(({ variant, base, quote }) => ({
      target: deployment.factories[variant],
      data: factory.encodeFunctionData("getDODOPool", [base, quote]),
    })),
  );
  const found = new Map<Address, DodoPool>();
  for (const [index, { variant, base, quote }] of listings.entries()) {
    for (const address of listed(deployment, variant, lists[index])) {
      found.set(address, {
        venue: "dodo",
        deployment: deployment.name,
        id: address,
        address,
        tokens: [base, quote],
        variant,
        direct: true,
        base,
        quote,
        adapter: deployment.v2Adapter,
        routeProxy: deployment.routeProxy,
        approveProxy: deployment.approveProxy,
      });
    }
  }
  const classical = await classicalPools(deployment, tokens, reader);
  return [...(await withListedTokens([...found.values()], reader)), ...classical];
}

type FactoryVariant = Exclude<DodoVariant, "classical">;

const variants: readonly FactoryVariant[] = ["dvm", "dpp", "dsp"];

function listed(
  deployment: DodoDeployment,
  variant: FactoryVariant,
  result: CallResult | undefined,
): readonly Address[] {
  const [addresses] = result?.success ? (decoded(factory, "getDODOPool", result.data) ?? []) : [];
  if (addresses === undefined) {
    const address = deployment.factories[variant];
    throw new Error(`${deployment.name}: the ${variant} factory ${address} does not answer getDODOPool.`);
  }
  return [...addresses];
}

/** Lists the classical pools that the chain file names: their registry lists no pools by token. */
async function classicalPools(
  deployment: DodoDeployment,
  tokens: readonly Token[],
  reader: Reader,
): Promise<readonly DodoPool[]> {
  const { name, v1Pools, v1Adapter, routeProxy, approveProxy } = deployment;
  const pairs = await tokensOf(v1Pools, reader);
  return v1Pools.flatMap((address, index): DodoPool[] => {
    const { base, quote } = pairs[index] ?? {};
    const isListed = (token: Address | undefined) => tokens.some((listed) => listed.address === token);
    if (base === undefined || quote === undefined || !isListed(base) || !isListed(quote)) return [];
    const pool = { venue: "dodo", deployment: name, id: address, address, tokens: [base, quote] } as const;
    return [{ ...pool, variant: "classical", base, quote, adapter: v1Adapter, routeProxy, approveProxy }];
  });
}

/** Drops pools that do not trade the pair under which they are listed: the factory's owner lists what he likes. */
async function withListedTokens(pools: readonly DodoPool[], reader: Reader): Promise<readonly DodoPool[]> {
  const traded = await tokensOf(
    pools.map(({ address }) => address),
    reader,
  );
  return pools.filter(({ base, quote }, index) => traded[index]?.base === base && traded[index]?.quote === quote);
}

/** Reads which tokens pools trade: nothing where a pool does not say. */
async function tokensOf(
  pools: readonly Address[],
  reader: Reader,
): Promise<readonly { readonly base?: Address; readonly quote?: Address }[]> {
  const results = await reader.read(
    pools.flatMap((target) => [
      { target, data: pair.encodeFunctionData("_BASE_TOKEN_") },
      { target, data: pair.encodeFunctionData("_QUOTE_TOKEN_") },
    ]),
  );
  const token = (name: string, result: CallResult | undefined) =>
    result?.success === true ? decoded(pair, name, result.data)?.[0] : undefined;
  return pools.map((_, index) => ({
    base: token("_BASE_TOKEN_", results[2 * index]),
    quote: token("_QUOTE_TOKEN_", results[2 * index + 1]),
  }));
}

/**
 * Says when vending machines and stable pools have to be read again. Their events tell what was traded, and not what else
 * was in the pool: tokens that someone sent to it become reserve with the next swap, `sync` takes them in and
 * `correctRState` restarts a stable pool without an event, and the fees are those of two other contracts. A private pool's
 * owner moves reserves and targets without an event (`ratioSync`), and a classical pool's price is its oracle's.
 */
function follow(): Follow<DodoPool, DodoState> {
  return {
    topics: ["DODOSwap", "DODOFlashLoan", "BuyShares", "SellShares"].map(
      (name) => events.getEvent(name)?.topicHash ?? "",
    ),
    source: ({ variant, address }) => (variant === "dvm" || variant === "dsp" ? { address } : undefined),
    apply: () => "read",
    told: ({ i, K, lpFeeRate }) => ({ i, K, lpFeeRate }),
  };
}

function curve(pool: DodoPool, state: DodoState, tokenIn: Address, tokenOut: Address): Curve<DodoState> | Refusal {
  const sellsBase = tokenIn === pool.base && tokenOut === pool.quote;
  if (!sellsBase && !(tokenIn === pool.quote && tokenOut === pool.base)) {
    return refuse("token-not-in-pool", `${pool.address} trades ${pool.base} and ${pool.quote}`);
  }
  return pool.variant === "classical"
    ? classicalCurve(pool, state, state.classical ?? openTerms, sellsBase)
    : poolCurve(pool, state, sellsBase);
}

function encode(deployment: DodoDeployment, pool: DodoPool, tokenIn: Address): HopCall {
  const directions = tokenIn === pool.base ? 0n : 1n;
  const args = coder.encode(
    ["address[]", "address[]", "address[]", "uint256", "bytes[]", "bytes"],
    [
      [pool.adapter],
      [pool.address],
      // A pool prices what was sent to it, so the input goes to the pool itself; a classical pool pulls it from the adapter.
      [pool.variant === "classical" ? pool.adapter : pool.address, deployment.routeProxy],
      directions,
      ["0x"],
      feeData,
    ],
  );
  return { target: deployment.routeProxy, data: concat([mixSwapSelector, args]) };
}

/** Returns how a pool is told to sell what was sent to it. */
function sellSelector(sellsBase: boolean): string {
  return sales.getFunction(sellsBase ? "sellBase" : "sellQuote")?.selector ?? "";
}

const mixSwapSelector = route.getFunction("mixSwap")?.selector ?? "";

/** Decodes what a function returned, or nothing where that is not what the ABI says. */
function decoded(abi: Interface, name: string, data: string) {
  try {
    return abi.decodeFunctionResult(name, data);
  } catch {
    return undefined;
  }
}
