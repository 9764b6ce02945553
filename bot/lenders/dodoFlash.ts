import type { DodoPool, DodoState } from "../venues/dodo/state.ts";
import type { PoolLender } from "./poolLender.ts";

/** Vending machines, private and stable pools lend what they hold, for nothing where the same token comes back. */
export const dodoFlash: PoolLender<DodoPool, DodoState> = {
  name: "dodoFlash",
  sides({ variant }, { baseBalance, quoteBalance }) {
    if (variant === "classical") return undefined;
    return [baseBalance, quoteBalance].map((available) => ({ available, feePpm: 0n }));
  },
};
