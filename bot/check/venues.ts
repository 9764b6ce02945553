import type { Deployment, Token, VenueName } from "../config/chains/chain.ts";
import { expectAnswer, expectValue, type Subject } from "./expectation.ts";

type Describe<D extends Deployment> = (
  deployment: D,
  tokens: readonly Token[],
) => Pick<Subject, "contracts" | "expectations">;

/** What has to hold for a deployment of each venue. A forgotten venue does not compile. */
const describe: { readonly [V in VenueName]: Describe<Extract<Deployment, { venue: V }>> } = {
  solidly: ({ factory, router }) => ({
    contracts: { factory, router },
    expectations: [
      expectValue(router, "factory() view returns (address)", [], factory),
      expectAnswer(factory, "allPairsLength() view returns (uint256)"),
    ],
  }),

  algebra: ({ factory, poolDeployer, router, quoter }, [tokenA, tokenB]) => ({
    contracts: { factory, poolDeployer, router, quoter },
    expectations: [
      expectValue(router, "factory() view returns (address)", [], factory),
      expectValue(quoter, "factory() view returns (address)", [], factory),
      expectValue(factory, "poolDeployer() view returns (address)", [], poolDeployer),
      expectAnswer(factory, "poolByPair(address a, address b) view returns (address)", [
        tokenA?.address,
        tokenB?.address,
      ]),
    ],
  }),

  woofi: ({ router, pool, oracle, quoteToken }) => ({
    contracts: { router, pool, oracle },
    expectations: [
      expectValue(router, "wooPool() view returns (address)", [], pool),
      expectValue(pool, "wooracle() view returns (address)", [], oracle),
      expectValue(pool, "quoteToken() view returns (address)", [], quoteToken),
    ],
  }),

  dodo: ({ routeProxy, approve, approveProxy, v2Adapter, factories }) => ({
    contracts: { routeProxy, approve, approveProxy, v2Adapter, ...factories },
    expectations: [
      expectValue(approveProxy, "isAllowedProxy(address proxy) view returns (bool)", [routeProxy], true),
      expectAnswer(routeProxy, "routeFeeRate() view returns (uint256)"),
    ],
  }),

  balancer: ({ vault, poolIds }) => ({
    contracts: { vault },
    expectations: poolIds.map((id) =>
      expectAnswer(vault, "getPool(bytes32 poolId) view returns (address, uint8)", [id]),
    ),
  }),
};

/** Returns what has to hold for a deployment. */
export function deploymentSubject(deployment: Deployment, tokens: readonly Token[]): Subject {
  const describeOne: Describe<never> = describe[deployment.venue];
  return { name: deployment.name, kind: "deployment", ...describeOne(deployment as never, tokens) };
}
