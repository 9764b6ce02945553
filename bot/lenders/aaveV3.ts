import { AbiCoder, Interface } from "ethers";
import type { Address, Token } from "../config/chains/chain.ts";
import { lesser } from "../domain/amount.ts";
import { integerOf, type Lender } from "./lender.ts";

const pool = new Interface([
  "function FLASHLOAN_PREMIUM_TOTAL() view returns (uint128)",
  "function getConfiguration(address asset) view returns (uint256)",
  "function getVirtualUnderlyingBalance(address asset) view returns (uint128)",
  "function getReserveData(address asset) view returns (uint256 configuration, uint128, uint128, uint128, uint128, uint128, uint40, uint16 id, address aToken)",
  "function balanceOf(address account) view returns (uint256)",
]);

/** Bits of a reserve's configuration (ReserveConfiguration.sol). */
const active = 1n << 56n;
const paused = 1n << 60n;
const flashLoanEnabled = 1n << 63n;

interface Reserve {
  readonly token: Token;
  readonly aToken: Address;
}

/** Lends what the aToken holds, as far as the reserve is active, not paused and lends by flash loan. */
export const aaveV3: Lender<readonly Reserve[]> = {
  name: "aaveV3",

  async discover({ chain, tokens }, reader) {
    const results = await reader.read(
      tokens.map(({ address }) => ({
        target: chain.lenders.aaveV3,
        data: pool.encodeFunctionData("getReserveData", [address]),
      })),
    );
    return tokens.flatMap((token, index) => {
      const result = results[index];
      // The pool's reserve data begins with these nine words in every version 3.
      if (!result?.success || result.data.length < 2 + 9 * 64) return [];
      const aToken: Address = AbiCoder.defaultAbiCoder().decode(["address"], `0x${result.data.slice(2 + 8 * 64)}`)[0];
      return BigInt(aToken) === 0n ? [] : [{ token, aToken }];
    });
  },

  reads({ chain }, reserves) {
    const target = chain.lenders.aaveV3;
    return [
      { target, data: pool.encodeFunctionData("FLASHLOAN_PREMIUM_TOTAL") },
      ...reserves.flatMap(({ token, aToken }) => [
        { target, data: pool.encodeFunctionData("getConfiguration", [token.address]) },
        { target: token.address, data: pool.encodeFunctionData("balanceOf", [aToken]) },
        // Since version 3.1 a reserve lends no more than it has accounted for. Older pools revert.
        { target, data: pool.encodeFunctionData("getVirtualUnderlyingBalance", [token.address]) },
      ]),
    ];
  },

  decode(_borrower, reserves, [premium, ...results]) {
    const feeRate = integerOf(premium);
    if (feeRate === undefined) return [];
    return reserves.flatMap(({ token }, index) => {
      const [configuration, held, accounted] = results.slice(index * 3, index * 3 + 3).map(integerOf);
      if (configuration === undefined || held === undefined) return [];
      const lends = configuration & active && configuration & flashLoanEnabled && !(configuration & paused);
      const available = lesser(held, accounted ?? held);
      return lends && available > 0n ? [{ lender: "aaveV3" as const, token: token.address, available, feeRate }] : [];
    });
  },
};
