import { expect } from "chai";
import { AbiCoder, Contract, getCreate2Address, keccak256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type AlgebraDeployment, deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { publishedCreation } from "../../localnet/localnet.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { setTokenBalance } from "../support/fund.ts";

const routerAbi = [
  "function exactInputSingle((address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice) params) payable returns (uint256 amountOut)",
  "function factory() view returns (address)",
  "function poolDeployer() view returns (address)",
];

const token = (symbol: string) => tokenOf(arbitrum, symbol).address;

function deploymentOf(name: string): AlgebraDeployment {
  const found = deploymentsOf(arbitrum, "algebra").find((deployment) => deployment.name === name);
  if (found === undefined) throw new Error(`No Algebra deployment ${name}.`);
  return found;
}

const zyberswap = deploymentOf("Zyberswap V3");
const camelot = deploymentOf("Camelot V3");

/** Pools that exist on Arbitrum One. */
const zyberswapPools: readonly (readonly [string, string, string])[] = [
  ["WETH", "USDC.e", "0x308C5B91F63307439FDB51a9fA4Dfc979E2ED6B0"],
  ["USDC", "USDC.e", "0xB959E3dAC4d114b1479B80A49E9fDEE43dDf71e9"],
  ["WBTC", "USDC.e", "0x8Db6CF8E8ec31fcdDb9C36E2BEcB20019b85Ce37"],
  ["ARB", "WETH", "0x12EEBA3023f272E0e477eb56204E405eC092D609"],
  ["USDC.e", "USDT", "0x941F4ac07d2526258FC9A07a6C9a23715968B419"],
];

const camelotPairs: readonly (readonly [string, string])[] = [
  ["WETH", "USDC"],
  ["WETH", "USDC.e"],
  ["ARB", "WETH"],
  ["WBTC", "WETH"],
  ["USDC", "USDT"],
];

const single = "exactInputSingle";
const never = 2n ** 256n - 1n;

describe("Algebra", () => {
  const chain = useArbitrum();

  async function poolOf(deployment: AlgebraDeployment, a: string, b: string): Promise<string> {
    const abi = ["function poolByPair(address, address) view returns (address)"];
    return new Contract(deployment.factory, abi, chain().ethers.provider).getFunction("poolByPair")(token(a), token(b));
  }

  /** Gives a trader 1,000 units of whole WETH and an allowance, and returns the router in the trader's name. */
  async function routerFor(deployment: AlgebraDeployment): Promise<Contract> {
    const [, trader] = await chain().ethers.getSigners();
    if (trader === undefined) throw new Error("The network has too few accounts.");
    await setTokenBalance(chain(), token("WETH"), trader.address, 10n ** 21n);
    const erc20 = new Contract(token("WETH"), ["function approve(address, uint256) returns (bool)"], trader);
    await (await erc20.getFunction("approve")(deployment.router, never)).wait();
    return new Contract(deployment.router, routerAbi, trader);
  }

  const swap = (change: Record<string, unknown> = {}) => ({
    tokenIn: token("WETH"),
    tokenOut: token("USDC.e"),
    recipient: "0x00000000000000000000000000000000000A11cE",
    deadline: never,
    amountIn: 10n ** 15n,
    amountOutMinimum: 0n,
    limitSqrtPrice: 0n,
    ...change,
  });

  describe("Zyberswap V3", () => {
    it("runs the published pool, whose init code hash derives Zyberswap's pools", () => {
      const { bytecode } = publishedCreation(
        "@cryptoalgebra/v1-core/artifacts/contracts/AlgebraPool.sol/AlgebraPool.json",
      );
      const hash = keccak256(bytecode);
      expect(hash, "init code hash").to.equal("0x6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4");
      for (const [a, b, address] of zyberswapPools) {
        const pair = [token(a), token(b)].sort((x, y) => (BigInt(x) < BigInt(y) ? -1 : 1));
        const salt = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address"], pair));
        expect(getCreate2Address(zyberswap.poolDeployer, salt, hash), `${a}/${b}`).to.equal(address);
      }
    });

    for (const [a, b, address] of zyberswapPools) {
      it(`has the ${a}/${b} pool at ${address}`, async () => {
        expect(await poolOf(zyberswap, a, b)).to.equal(address);
      });
    }

    it("answers globalState with one fee and a community fee for each token", async () => {
      const abi = [
        "function globalState() view returns (uint160 price, int24 tick, uint16 fee, uint16 timepointIndex, uint8 communityFeeToken0, uint8 communityFeeToken1, bool unlocked)",
        "function tickSpacing() view returns (int24)",
      ];
      const pool = new Contract(await poolOf(zyberswap, "WETH", "USDC.e"), abi, chain().ethers.provider);
      const { price, fee, unlocked } = await pool.getFunction("globalState")();
      expect(price > 0n, "price").to.equal(true);
      expect(fee >= 1n && fee <= 65_535n, `fee ${fee}`).to.equal(true);
      expect(unlocked, "unlocked").to.equal(true);
      expect(await pool.getFunction("tickSpacing")(), "tick spacing").to.equal(60n);
    });
  });

  describe("Camelot V3", () => {
    for (const [a, b] of camelotPairs) {
      it(`has a ${a}/${b} pool`, async () => {
        expect(await chain().ethers.provider.getCode(await poolOf(camelot, a, b))).to.not.equal("0x");
      });
    }
  });

  for (const deployment of [zyberswap, camelot]) {
    describe(`the router of ${deployment.name}`, () => {
      it("names its factory and its pool deployer", async () => {
        const router = new Contract(deployment.router, routerAbi, chain().ethers.provider);
        expect(await router.getFunction("factory")()).to.equal(deployment.factory);
        expect(await router.getFunction("poolDeployer")()).to.equal(deployment.poolDeployer);
      });

      it("swaps exactly what goes in, and pays what it returns", async () => {
        const router = await routerFor(deployment);
        const expected: bigint = await router.getFunction(single).staticCall(swap());
        await (await router.getFunction(single)(swap())).wait();
        const abi = ["function balanceOf(address) view returns (uint256)"];
        const usdc = new Contract(token("USDC.e"), abi, chain().ethers.provider);
        expect(await usdc.getFunction("balanceOf")(swap().recipient)).to.equal(expected);
      });

      it("reverts `Transaction too old` after the deadline", async () => {
        const router = await routerFor(deployment);
        await expect(router.getFunction(single).staticCall(swap({ deadline: 1n }))).to.be.revertedWith(
          "Transaction too old",
        );
      });

      it("reverts `Too little received` below the minimum", async () => {
        const router = await routerFor(deployment);
        const call = router.getFunction(single).staticCall(swap({ amountOutMinimum: 10n ** 30n }));
        await expect(call).to.be.revertedWith("Too little received");
      });

      it("reverts without data where there is no pool", async () => {
        const router = await routerFor(deployment);
        const call = router
          .getFunction(single)
          .staticCall(swap({ tokenOut: "0x000000000000000000000000000000000000dEaD" }));
        await expect(call).to.be.revertedWithoutReason(chain().ethers);
      });

      it("takes recipient zero for itself instead of reverting", async () => {
        const router = await routerFor(deployment);
        const call = swap({ recipient: "0x0000000000000000000000000000000000000000" });
        expect((await router.getFunction(single).staticCall(call)) > 0n).to.equal(true);
      });
    });
  }

  it("reverts an amount of zero with `AS` at Zyberswap", async () => {
    const router = await routerFor(zyberswap);
    await expect(router.getFunction(single).staticCall(swap({ amountIn: 0n }))).to.be.revertedWith("AS");
  });
});
