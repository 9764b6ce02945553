import { expect } from "chai";
import { Contract } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { token } from "../../localnet/market.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { balanceOf, borrow, deployFlashBorrower } from "../support/flashBorrower.ts";
import { setTokenBalance } from "../support/fund.ts";

const poolAbi = [
  "function FLASHLOAN_PREMIUM_TOTAL() view returns (uint128)",
  "function ADDRESSES_PROVIDER() view returns (address)",
  "function getReserveData(address asset) view returns (tuple(uint256 configuration, uint128 liquidityIndex, uint128 currentLiquidityRate, uint128 variableBorrowIndex, uint128 currentVariableBorrowRate, uint128 currentStableBorrowRate, uint40 lastUpdateTimestamp, uint16 id, address aTokenAddress, address stableDebtTokenAddress, address variableDebtTokenAddress, address interestRateStrategyAddress, uint128 accruedToTreasury, uint128 unbacked, uint128 isolationModeTotalDebt))",
];
/** Bit 63 of a reserve's configuration. */
const flashLoanEnabled = 1n << 63n;

describe("Aave V3", () => {
  const chain = useArbitrum();
  const pool = arbitrum.lenders.aaveV3;

  function poolContract(): Contract {
    return new Contract(pool, poolAbi, chain().ethers.provider);
  }

  async function liquidityOf(asset: string): Promise<{ holder: string; liquidity: bigint }> {
    const { configuration, aTokenAddress } = await poolContract().getFunction("getReserveData")(asset);
    const enabled = (configuration & flashLoanEnabled) !== 0n;
    return { holder: aTokenAddress, liquidity: enabled ? await balanceOf(chain(), asset, aTokenAddress) : 0n };
  }

  it("is the pool of its addresses provider", async () => {
    const provider: string = await poolContract().getFunction("ADDRESSES_PROVIDER")();
    const abi = ["function getPool() view returns (address)"];
    expect(await new Contract(provider, abi, chain().ethers.provider).getFunction("getPool")()).to.equal(pool);
  });

  for (const { symbol, address } of arbitrum.tokens) {
    it(`lends ${symbol} for the premium that it names, rounded half up, and keeps the premium`, async function () {
      const { holder, liquidity } = await liquidityOf(address);
      if (liquidity < 2n) {
        process.stdout.write(`      skipped: Aave lends no ${symbol} on this block\n`);
        this.skip();
      }
      const amount = liquidity / 2n;
      const premiumBps: bigint = await poolContract().getFunction("FLASHLOAN_PREMIUM_TOTAL")();
      const premium = (amount * premiumBps + 5_000n) / 10_000n;
      const borrower = await deployFlashBorrower(chain());
      const initiator = await borrower.getAddress();
      await setTokenBalance(chain(), address, initiator, premium);
      expect(await borrow(borrower, "borrowFromAave", pool, address, amount)).to.deep.equal({
        token: address,
        amount,
        fee: premium,
        balance: amount + premium,
        initiator,
      });
      expect(await balanceOf(chain(), address, initiator), "the borrower's balance").to.equal(0n);
      expect(await balanceOf(chain(), address, holder), "Aave's balance").to.equal(liquidity + premium);
    });
  }

  for (const [amount, premium] of [
    [999n, 0n],
    [1_000n, 1n],
    [2_999n, 1n],
    [3_000n, 2n],
  ] as const) {
    it(`charges ${premium} units for ${amount} units at 5 basis points`, async function () {
      if ((await poolContract().getFunction("FLASHLOAN_PREMIUM_TOTAL")()) !== 5n) {
        process.stdout.write("      skipped: the premium is not 5 basis points on this block\n");
        this.skip();
      }
      const usdc = token("USDC").address;
      const borrower = await deployFlashBorrower(chain());
      await setTokenBalance(chain(), usdc, await borrower.getAddress(), 10n);
      expect((await borrow(borrower, "borrowFromAave", pool, usdc, amount)).fee).to.equal(premium);
      expect(await balanceOf(chain(), usdc, await borrower.getAddress())).to.equal(10n - premium);
    });
  }

  it("reverts when the borrower approves a unit less than it owes", async () => {
    const usdc = token("USDC").address;
    const borrower = await deployFlashBorrower(chain());
    await setTokenBalance(chain(), usdc, await borrower.getAddress(), 10_000n);
    await borrower.borrowFromAave.staticCall(pool, usdc, 1_000_000n, 0n);
    await expect(borrower.borrowFromAave.staticCall(pool, usdc, 1_000_000n, 1n)).to.be.revert(chain().ethers);
  });

  it("reverts for a token that is not listed", async () => {
    const borrower = await deployFlashBorrower(chain());
    const unlisted = await borrower.getAddress();
    await expect(borrower.borrowFromAave.staticCall(pool, unlisted, 1n, 0n)).to.be.revert(chain().ethers);
  });

  it("reverts for more than it holds", async () => {
    const usdc = token("USDC").address;
    const borrower = await deployFlashBorrower(chain());
    const amount = (await liquidityOf(usdc)).liquidity + 1n;
    await setTokenBalance(chain(), usdc, await borrower.getAddress(), amount);
    await expect(borrower.borrowFromAave.staticCall(pool, usdc, amount, 0n)).to.be.revert(chain().ethers);
  });
});
