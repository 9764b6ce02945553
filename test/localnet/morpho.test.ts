import { expect } from "chai";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { token } from "../../localnet/market.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { balanceOf, borrow, deployFlashBorrower } from "../support/flashBorrower.ts";

describe("Morpho Blue", () => {
  const chain = useArbitrum();
  const morpho = arbitrum.lenders.morphoBlue;

  for (const { symbol, address } of arbitrum.tokens) {
    it(`lends all of its ${symbol} without a fee`, async function () {
      const amount = await balanceOf(chain(), address, morpho);
      if (amount === 0n) {
        process.stdout.write(`      skipped: Morpho holds no ${symbol} on this block\n`);
        this.skip();
      }
      const borrower = await deployFlashBorrower(chain());
      const { fee, balance } = await borrow(borrower, "borrowFromMorpho", morpho, address, amount);
      expect(fee).to.equal(0n);
      expect(balance).to.equal(amount);
      expect(await balanceOf(chain(), address, morpho)).to.equal(amount);
    });
  }

  it('reverts with "zero assets" for a loan of nothing', async () => {
    const borrower = await deployFlashBorrower(chain());
    const loan = borrower.borrowFromMorpho.staticCall(morpho, token("USDC").address, 0n, 0n);
    await expect(loan).to.be.revertedWith("zero assets");
  });

  it("reverts when the borrower approves a unit less than it owes", async () => {
    const usdc = token("USDC").address;
    const borrower = await deployFlashBorrower(chain());
    await expect(borrower.borrowFromMorpho.staticCall(morpho, usdc, 1n, 1n)).to.be.revert(chain().ethers);
  });

  it("reverts for more than it holds", async () => {
    const usdc = token("USDC").address;
    const borrower = await deployFlashBorrower(chain());
    const amount = (await balanceOf(chain(), usdc, morpho)) + 1n;
    await expect(borrower.borrowFromMorpho.staticCall(morpho, usdc, amount, 0n)).to.be.revert(chain().ethers);
  });
});
