import { expect } from "chai";
import { Contract } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { setTokenBalance } from "../support/fund.ts";

describe("tokens", () => {
  const chain = useArbitrum();

  for (const { symbol, address, decimals } of arbitrum.tokens) {
    it(`${symbol} has ${decimals} decimals at its Arbitrum address, and a balance that a test can set`, async () => {
      const { ethers } = chain();
      const abi = ["function decimals() view returns (uint8)", "function balanceOf(address) view returns (uint256)"];
      const token = new Contract(address, abi, ethers.provider);
      expect(await token.getFunction("decimals")()).to.equal(decimals);
      const account = "0x00000000000000000000000000000000000A11cE";
      await setTokenBalance(chain(), address, account, 123n);
      expect(await token.getFunction("balanceOf")(account)).to.equal(123n);
    });
  }
});
