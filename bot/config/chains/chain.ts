/** A checksummed address. */
export type Address = string;

export interface Token {
  readonly symbol: string;
  readonly address: Address;
  readonly decimals: number;
}

/** The call patterns, in the order of `Venue` in FlashArbitrage: the index is the number on chain. Append only. */
export const venueNames = ["solidly", "algebra", "woofi", "dodo", "balancer", "uniswapV2", "uniswapV3"] as const;
export type VenueName = (typeof venueNames)[number];

/** The lenders, in the order of `Lender` in FlashArbitrage: the index is the number on chain. Append only. */
export const lenderNames = [
  "aaveV3",
  "balancerV2",
  "morphoBlue",
  "operator",
  "concentratedFlash",
  "pairFlash",
  "dodoFlash",
  "balancerV3",
] as const;
export type LenderName = (typeof lenderNames)[number];

/** The lenders that are pools: each pool lends what it holds. */
export type PoolLenderName = Extract<LenderName, "concentratedFlash" | "pairFlash" | "dodoFlash">;

/** The lenders that are asked what they offer. */
export type AskedLenderName = Exclude<LenderName, PoolLenderName>;

/** The lenders that are one contract of the chain. */
export type ContractLenderName = Exclude<AskedLenderName, "operator">;

/** One concrete exchange of a venue on one chain. */
export type Deployment =
  | SolidlyDeployment
  | AlgebraDeployment
  | WoofiDeployment
  | DodoDeployment
  | BalancerDeployment
  | UniswapV2Deployment
  | UniswapV3Deployment;

interface DeploymentBase {
  /** The exchange's own name, unique on its chain: "Ramses V1". */
  readonly name: string;
}

/**
 * What differs between the forks of Solidly: `solidly` has routes of three fields (Ramses V1, Velodrome V1), `velodromeV2`
 * routes of four (Aerodrome), `camelotV2` paths of addresses.
 */
export type SolidlyGeneration = "solidly" | "velodromeV2" | "camelotV2";

export interface SolidlyDeployment extends DeploymentBase {
  readonly venue: "solidly";
  readonly generation: SolidlyGeneration;
  readonly factory: Address;
  readonly router: Address;
}

export interface AlgebraDeployment extends DeploymentBase {
  readonly venue: "algebra";
  readonly factory: Address;
  readonly poolDeployer: Address;
  readonly router: Address;
  readonly quoter: Address;
}

export interface WoofiDeployment extends DeploymentBase {
  readonly venue: "woofi";
  readonly router: Address;
  readonly pool: Address;
  readonly oracle: Address;
  readonly quoteToken: Address;
}

export interface DodoDeployment extends DeploymentBase {
  readonly venue: "dodo";
  readonly routeProxy: Address;
  /** What a caller approves: never the proxy. */
  readonly approve: Address;
  readonly approveProxy: Address;
  readonly v1Adapter: Address;
  readonly v2Adapter: Address;
  /** Classical pools: no factory lists them by token, so those to trade are named here. */
  readonly v1Pools: readonly Address[];
  readonly factories: { readonly dvm: Address; readonly dpp: Address; readonly dsp: Address };
}

export interface BalancerDeployment extends DeploymentBase {
  readonly venue: "balancer";
  readonly vault: Address;
  /** The vault keeps no list by token, so the pools to trade are named here. */
  readonly poolIds: readonly string[];
}

export interface UniswapV2Deployment extends DeploymentBase {
  readonly venue: "uniswapV2";
  readonly factory: Address;
  readonly router: Address;
  /** What its pairs keep of the input, in millionths: constant in their code, without a getter. */
  readonly feePpm: number;
}

export interface UniswapV3Deployment extends DeploymentBase {
  readonly venue: "uniswapV3";
  readonly factory: Address;
  /** Creates the pools, where the factory does not itself. */
  readonly poolDeployer?: Address;
  /** The fees by which the factory lists pools, in millionths of the input. */
  readonly feesPpm: readonly number[];
}

/** Everything about one chain that is not ours: addresses, each with its source in the chain file. */
export interface Chain {
  readonly name: string;
  readonly id: number;
  /** Who tells what the chain charges for a transaction's data: Arbitrum's node, or the OP Stack's oracle. */
  readonly dataFee: "arbitrum" | "opStack";
  readonly weth: Address;
  readonly multicall3: Address;
  readonly tokens: readonly Token[];
  readonly deployments: readonly Deployment[];
  readonly lenders: { readonly [L in ContractLenderName]: Address };
  readonly feeds: {
    /** Chainlink token/USD aggregators with 8 decimals, by token address. */
    readonly usd: Readonly<
      Record<Address, { readonly address: Address; readonly description: string; readonly heartbeatSeconds: number }>
    >;
    /** Answers 0 while the sequencer is up. */
    readonly sequencerUptime: Address;
  };
  readonly explorer: { readonly name: string; readonly url: string };
}

/** Returns the chain's deployments of one venue. */
export function deploymentsOf<V extends VenueName>(
  chain: Chain,
  venue: V,
): readonly Extract<Deployment, { venue: V }>[] {
  return chain.deployments.filter((deployment) => deployment.venue === venue) as Extract<Deployment, { venue: V }>[];
}

/** Returns the token with this symbol, and fails where the chain lists none. */
export function tokenOf(chain: Chain, symbol: string): Token {
  const token = chain.tokens.find((candidate) => candidate.symbol === symbol);
  if (token === undefined) throw new Error(`${chain.name} lists no token ${symbol}.`);
  return token;
}
