import { Interface } from "ethers";
import { integerOf, type Lender } from "./lender.ts";

const vault = new Interface(["function getReservesOf(address token) view returns (uint256)"]);

/** Lends what the vault has accounted for, for nothing: it does not lend what was sent to it and not settled. */
export const balancerV3: Lender<undefined> = {
  name: "balancerV3",

  async discover() {
    return undefined;
  },

  reads({ chain, tokens }) {
    return tokens.map(({ address }) => ({
      target: chain.lenders.balancerV3,
      data: vault.encodeFunctionData("getReservesOf", [address]),
    }));
  },

  decode({ tokens }, _setup, reserves) {
    return tokens.flatMap(({ address: token }, index) => {
      const available = integerOf(reserves[index]);
      return available === undefined || available === 0n
        ? []
        : [{ lender: "balancerV3" as const, token, available, feeRate: 0n }];
    });
  },
};
