import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { ComposableStablePool, OldBigNumber, WeightedPool } = require("@balancer-labs/sor");
const { version } = require("@balancer-labs/sor/package.json");

/** Quotes one pool of the smart order router, whose amounts are decimals of whole tokens. */
export const peer = {
  name: "@balancer-labs/sor",
  version,
  kinds: ["balancerWeighted", "balancerStable"],
  asynchronous: false,
  make(pool, tokenIn, tokenOut, tokens) {
    const described = makers[pool.kind]?.(pool, tokens);
    if (described === undefined) return undefined;
    const pair = described.parsePoolPairData(tokenIn, tokenOut);
    const [unitIn, unitOut] = [tokenIn, tokenOut].map((token) => new OldBigNumber(10).pow(tokens.get(token).decimals));
    return {
      wrap: (amount) => new OldBigNumber(amount.toString()).div(unitIn),
      quote: (amount) => described._exactTokenInForTokenOut(pair, amount),
      unwrap: (out) => BigInt(out.times(unitOut).integerValue(OldBigNumber.ROUND_DOWN).toFixed(0)),
    };
  },
};

const makers = {
  balancerWeighted: (pool, tokens) =>
    WeightedPool.fromPool({
      ...shared(pool, tokens, pool.state.weights),
      poolType: "Weighted",
      totalWeight: "1",
    }),
  // The one stable pool of the router that scales both by decimals and by rates. It expects the pool's own token.
  balancerStable(pool, tokens) {
    const described = shared(pool, tokens);
    const own = { address: pool.address, decimals: 18, balance: "0", priceRate: "1", weight: null };
    return ComposableStablePool.fromPool({
      ...described,
      poolType: "ComposableStable",
      amp: decimal(pool.state.amp, 3),
      tokens: [own, ...described.tokens],
      tokensList: [pool.address, ...described.tokensList],
    });
  },
};

function shared({ address, tokens: members, state }, tokens, weights) {
  return {
    id: address,
    address,
    swapFee: decimal(state.swapFee, 18),
    swapEnabled: true,
    totalShares: "1",
    tokensList: members,
    tokens: members.map((token, i) => {
      const { decimals } = tokens.get(token);
      return {
        address: token,
        decimals,
        balance: decimal(state.balances[i], decimals),
        priceRate: decimal(state.scalingFactors[i], 36 - decimals),
        weight: weights === undefined ? null : decimal(weights[i], 18),
      };
    }),
  };
}

/** An integer with implied decimals as a decimal string. */
function decimal(value, decimals) {
  const digits = value.toString().padStart(decimals + 1, "0");
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
