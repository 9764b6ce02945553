import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf } from "../../bot/config/chains/chain.ts";
import {
  type BridgedToken,
  BridgedToken__factory,
  type CamelotFactory,
  CamelotFactory__factory,
  type CamelotPair,
  CamelotPair__factory,
  type CamelotRouter,
  CamelotRouter__factory,
} from "../../types/index.js";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { deploySolidlyTwins, deploySortedTokens } from "../support/solidlyTwins.ts";

describe("Camelot V2 at its addresses", () => {
  const chain = useArbitrum();

  for (const { name, generation, factory, router } of deploymentsOf(arbitrum, "solidly")) {
    if (generation !== "camelotV2") continue;

    it(`${name}'s router names its factory and WETH`, async () => {
      const at = CamelotRouter__factory.connect(router, chain().ethers.provider);
      expect(await at.factory()).to.equal(factory);
      expect(await at.WETH()).to.equal(arbitrum.weth);
    });

    it(`${name}'s owner has a share of the fees`, async function () {
      if (isFork) this.skip();
      const [share, feeTo] = await CamelotFactory__factory.connect(factory, chain().ethers.provider).feeInfo();
      expect(share).to.equal(40_000n);
      expect(feeTo).not.to.equal(ZeroAddress);
    });
  }
});

for (const stable of [false, true]) {
  describe(`the Camelot twin with a ${stable ? "stable" : "volatile"} pair`, () => {
    const chain = useArbitrum();
    const unit = 10n ** 18n;
    const [fee0, fee1] = [300n, 200n];
    const depth = 10n ** 6n * unit;
    let owner: HardhatEthersSigner;
    let stranger: HardhatEthersSigner;
    let feeTo: HardhatEthersSigner;
    let factory: CamelotFactory;
    let router: CamelotRouter;
    let pair: CamelotPair;
    let token0: BridgedToken;
    let token1: BridgedToken;
    let path: [Address, Address];

    before(async () => {
      const [first, second, third] = await chain().ethers.getSigners();
      if (!first || !second || !third) throw new Error("The network has too few accounts.");
      [owner, stranger, feeTo] = [first, second, third];
      const { deployment, open } = await deploySolidlyTwins(chain(), owner, "camelotV2");
      path = await deploySortedTokens(owner, [18, 18]);
      const pool = await open(path, stable);
      factory = CamelotFactory__factory.connect(deployment.factory, owner);
      router = CamelotRouter__factory.connect(deployment.router, owner);
      pair = CamelotPair__factory.connect(pool.address, owner);
      token0 = BridgedToken__factory.connect(path[0], owner);
      token1 = BridgedToken__factory.connect(path[1], owner);
      await pair.setFeePercent(fee0, fee1);
      for (const token of [token0, token1]) {
        await token.mint(owner, 10n * depth);
        await token.approve(router, MaxUint256);
      }
      await pair.approve(router, MaxUint256);
      await router.addLiquidity(...path, depth, depth, 0n, 0n, owner, MaxUint256);
    });

    function swap(amountIn: bigint, { minOut = 0n, deadline = MaxUint256, referrer = ZeroAddress as Address } = {}) {
      return router.swapExactTokensForTokensSupportingFeeOnTransferTokens(
        ...([amountIn, minOut, path, owner.address, referrer, deadline] as const),
      );
    }

    it("keeps the fee, which the token that goes in decides", async () => {
      const there = await pair.getAmountOut(unit, path[0]);
      const back = await pair.getAmountOut(unit, path[1]);
      // A thousandth more is kept of token1, less what rounding and depth take.
      expect((back - there) / 10n ** 12n).to.equal(stable ? 1_000n : 999n);
      await expect(swap(unit))
        .to.emit(pair, "Sync")
        .withArgs(depth + unit, depth - there);
    });

    it(`${stable ? "sends the owner its share" : "keeps the owner's share"} during a swap`, async () => {
      await factory.setFeeTo(feeTo);
      await factory.setOwnerFeeShare(40_000n);
      const share = stable ? (unit * fee0 * 4n) / 1_000_000n : 0n;
      await expect(swap(unit)).to.changeTokenBalances(chain().ethers, token0, [pair, feeTo], [unit - share, share]);
    });

    it("sends a referrer its share of the fee, before the owner's", async () => {
      await factory.setFeeTo(feeTo);
      await factory.setReferrerFeeShare(stranger, 20_000n);
      const fee = (unit * fee0) / 100_000n;
      const shares = [fee / 5n, stable ? (fee - fee / 5n) / 2n : 0n];
      await expect(swap(unit, { referrer: stranger.address })).to.changeTokenBalances(
        chain().ethers,
        token0,
        [stranger, feeTo],
        shares,
      );
    });

    it("reverts CamelotPair: K when too little came in for what goes out", async () => {
      const amountOut = await pair.getAmountOut(unit, path[0]);
      await token0.transfer(pair, unit);
      const swapPair = pair.getFunction("swap(uint256,uint256,address,bytes)");
      await expect(swapPair(0n, amountOut + 10n ** 9n, owner, "0x")).to.be.revertedWith("CamelotPair: K");
      await swapPair(0n, amountOut, owner, "0x");
    });

    it("reverts on no output, too much of it, a token as receiver, and no input", async () => {
      const swapPair = pair.getFunction("swap(uint256,uint256,address,bytes)");
      await expect(swapPair(0n, 0n, owner, "0x")).to.be.revertedWith("CamelotPair: INSUFFICIENT_OUTPUT_AMOUNT");
      await expect(swapPair(0n, depth, owner, "0x")).to.be.revertedWith("CamelotPair: INSUFFICIENT_LIQUIDITY");
      await expect(swapPair(0n, 1n, path[0], "0x")).to.be.revertedWith("CamelotPair: INVALID_TO");
      await expect(swapPair(0n, 1n, owner, "0x")).to.be.revertedWith("CamelotPair: INSUFFICIENT_INPUT_AMOUNT");
    });

    it("checks the deadline, the transfer, and the minimum on what has arrived", async () => {
      const amountOut = await pair.getAmountOut(unit, path[0]);
      await expect(swap(unit, { deadline: 1n })).to.be.revertedWith("CamelotRouter: EXPIRED");
      await expect(swap(unit, { minOut: amountOut + 1n })).to.be.revertedWith(
        "CamelotRouter: INSUFFICIENT_OUTPUT_AMOUNT",
      );
      await expect(swap(unit, { minOut: amountOut })).to.changeTokenBalance(chain().ethers, token1, owner, amountOut);
      await token0.approve(router, 0n);
      await expect(swap(unit)).to.be.revertedWith("TransferHelper::transferFrom: transferFrom failed");
    });

    it("lets only the owner of fees set them, above zero and up to 2 %", async () => {
      await expect(pair.connect(stranger).setFeePercent(1n, 1n)).to.be.revertedWith(
        "CamelotPair: only factory's feeAmountOwner",
      );
      await expect(pair.setFeePercent(0n, 1n)).to.be.revertedWith("CamelotPair: feePercent mustn't exceed the minimum");
      await expect(pair.setFeePercent(1n, 2_001n)).to.be.revertedWith(
        "CamelotPair: feePercent mustn't exceed the maximum",
      );
      await expect(pair.setFeePercent(1n, 2_000n)).to.emit(pair, "FeePercentUpdated").withArgs(1n, 2_000n);
    });

    it("lets only the owner of curves change one, at the reserves that it names, until it is immutable", async () => {
      await expect(pair.connect(stranger).setStableSwap(!stable, depth, depth)).to.be.revertedWith(
        "CamelotPair: only factory's setStableOwner",
      );
      await expect(pair.setStableSwap(stable, depth, depth)).to.be.revertedWith("CamelotPair: no update");
      await expect(pair.setStableSwap(!stable, depth, depth + 1n)).to.be.revertedWith("CamelotPair: failed");
      const before = await pair.getAmountOut(depth / 10n, path[0]);
      await expect(pair.setStableSwap(!stable, depth, depth))
        .to.emit(pair, "SetStableSwap")
        .withArgs(stable, !stable);
      expect((await pair.getAmountOut(depth / 10n, path[0])) > before, "more than before").to.equal(!stable);
      await pair.setPairTypeImmutable();
      await expect(pair.setStableSwap(stable, depth, depth)).to.be.revertedWith("CamelotPair: immutable");
    });

    it("returns liquidity as it was added, less what is locked for ever", async () => {
      const liquidity = await pair.balanceOf(owner);
      const returned = await router.removeLiquidity.staticCall(...path, liquidity, 0n, 0n, owner, MaxUint256);
      expect([...returned]).to.deep.equal([depth - 1_000n, depth - 1_000n]);
    });
  });
}
