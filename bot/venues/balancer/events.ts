import { Interface } from "ethers";
import type { Address } from "../../config/chains/chain.ts";
import type { BalancerPool, BalancerState } from "../balancer.ts";
import type { Follow } from "../venue.ts";

const eventAbi = new Interface([
  "event Swap(bytes32 indexed poolId, address indexed tokenIn, address indexed tokenOut, uint256 amountIn, uint256 amountOut)",
  "event PoolBalanceChanged(bytes32 indexed poolId, address indexed liquidityProvider, address[] tokens, int256[] deltas, uint256[] protocolFeeAmounts)",
  "event PoolBalanceManaged(bytes32 indexed poolId, address indexed assetManager, address indexed token, int256 cashDelta, int256 managedDelta)",
  "event SwapFeePercentageChanged(uint256 swapFeePercentage)",
  "event AmpUpdateStarted(uint256 startValue, uint256 endValue, uint256 startTime, uint256 endTime)",
  "event AmpUpdateStopped(uint256 currentValue)",
  "event PausedStateChanged(bool paused)",
]);

export const swapTopic = eventAbi.getEvent("Swap")?.topicHash ?? "";

const topics: string[] = [];
eventAbi.forEachEvent(({ topicHash }) => topics.push(topicHash));

/**
 * The vault tells every change of a pool's balances, the pool itself its fee, and that its amplification or its pause
 * changes. A rate moves without events, so pools with rates are read at every block; an amplification that is being
 * ramped is read before an order.
 */
export const follow: Follow<BalancerPool, BalancerState> = {
  topics,
  source: ({ registered, vault, id, address }) =>
    registered.some(({ rate }) => rate !== undefined) ? undefined : [{ address: vault, topic1: id }, { address }],
  apply(pool, state, log) {
    const event = eventAbi.parseLog(log);
    switch (event?.name) {
      case "Swap": {
        const { tokenIn, tokenOut, amountIn, amountOut } = event.args;
        return withDeltas(pool, state, [tokenIn, tokenOut], [amountIn, -amountOut]);
      }
      case "PoolBalanceChanged": {
        const { tokens, deltas, protocolFeeAmounts } = event.args;
        return withDeltas(
          pool,
          state,
          tokens,
          [...deltas].map((delta: bigint, index) => delta - protocolFeeAmounts[index]),
        );
      }
      case "PoolBalanceManaged": {
        const { token, cashDelta, managedDelta } = event.args;
        return withDeltas(pool, state, [token], [cashDelta + managedDelta]);
      }
      case "SwapFeePercentageChanged":
        return { ...state, swapFeePercentage: event.args.swapFeePercentage };
      default:
        return "read";
    }
  },
  told: (state) => (state.isRamping ? { ...state, amplification: 0n } : state),
};

/** Returns the state with units added to the balances of some tokens. */
function withDeltas(
  { registered }: BalancerPool,
  state: BalancerState,
  tokens: readonly Address[],
  deltas: readonly bigint[],
): BalancerState {
  const balances = state.balances.map((balance, index) => {
    const position = tokens.indexOf(registered[index]?.address ?? "");
    return balance + (deltas[position] ?? 0n);
  });
  return { ...state, balances };
}
