import { Interface } from "ethers";
import { integerOf, type Lender } from "./lender.ts";

const erc20 = new Interface(["function balanceOf(address account) view returns (uint256)"]);

/** Lends what it holds, for nothing. */
export const morphoBlue: Lender<undefined> = {
  name: "morphoBlue",

  async discover() {
    return undefined;
  },

  reads({ chain, tokens }) {
    const data = erc20.encodeFunctionData("balanceOf", [chain.lenders.morphoBlue]);
    return tokens.map(({ address }) => ({ target: address, data }));
  },

  decode({ tokens }, _setup, balances) {
    return tokens.flatMap(({ address: token }, index) => {
      const available = integerOf(balances[index]);
      return available === undefined || available === 0n
        ? []
        : [{ lender: "morphoBlue" as const, token, available, feeRate: 0n }];
    });
  },
};
