import { expect } from "chai";
import { AbiCoder, Contract, getCreate2Address, keccak256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { publishedCreation } from "../../localnet/localnet.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";

const token = (symbol: string) => tokenOf(arbitrum, symbol).address;

const factoryAbi = [
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address)",
  "function feeAmountTickSpacing(uint24 fee) view returns (int24)",
  "function createPool(address tokenA, address tokenB, uint24 fee) returns (address)",
];
const poolAbi = [
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16, uint16, uint16, uint32 feeProtocol, bool unlocked)",
  "function liquidity() view returns (uint128)",
  "function fee() view returns (uint24)",
];

const uniswap = {
  factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
  deployer: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
  pool: "@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json",
  initCodeHash: "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54",
  feeProtocol: 0n,
} as const;
const sushiswap = {
  ...uniswap,
  factory: "0x1af415a1EbA07a4986a52B6f2e7dE7003D82231e",
  deployer: "0x1af415a1EbA07a4986a52B6f2e7dE7003D82231e",
};
const pancakeswap = {
  factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
  deployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
  pool: "@pancakeswap/v3-core/artifacts/contracts/PancakeV3Pool.sol/PancakeV3Pool.json",
  initCodeHash: "0x6ce8eb472fa82df5469c6ab6d485f17c3ad13c8cd7af59b3d4a8026c5ce0f7e2",
  // 33 % of the fee for each token: two times sixteen bits, where Uniswap's slot has two times four.
  feeProtocol: 216_272_100n,
} as const;
const ramses = "0xAA2cd7477c451E703f3B9Ba5663334914763edF8";

/** Pools that exist on Arbitrum One, by the receipts of their swaps. */
const pools = [
  [uniswap, "WETH", "USDC", 500, "0xC6962004f452bE9203591991D15f6b388e09E8D0"],
  [uniswap, "WETH", "USDC.e", 500, "0xC31E54c7a869B9FcBEcc14363CF510d1c41fa443"],
  [uniswap, "WBTC", "WETH", 500, "0x2f5e87C9312fa29aed5c179E456625D79015299c"],
  [uniswap, "USDC", "USDC.e", 100, "0x8e295789c9465487074a65b1ae9Ce0351172393f"],
  [sushiswap, "WETH", "USDT", 500, undefined],
  [pancakeswap, "WETH", "USDC", 100, "0x7fCDC35463E3770c2fB992716Cd070B63540b947"],
] as const;

describe("Uniswap V3 and its descendants", () => {
  const chain = useArbitrum();
  const factoryAt = (address: string) => new Contract(address, factoryAbi, chain().ethers.provider);

  it("run the published pools, by their init code hashes", () => {
    for (const { pool, initCodeHash } of [uniswap, pancakeswap]) {
      expect(keccak256(publishedCreation(pool).bytecode), pool).to.equal(initCodeHash);
    }
  });

  for (const [exchange, a, b, fee, known] of pools) {
    it(`have the ${a}/${b} pool of ${fee} at ${known ?? "its derived address"}, with a price and liquidity`, async () => {
      const pair = [token(a), token(b)].sort((x, y) => (BigInt(x) < BigInt(y) ? -1 : 1));
      const salt = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address", "uint24"], [...pair, fee]));
      const derived = getCreate2Address(exchange.deployer, salt, exchange.initCodeHash);
      if (known !== undefined) expect(derived, "derived").to.equal(known);
      const address: string = await factoryAt(exchange.factory).getFunction("getPool")(token(a), token(b), fee);
      expect(address, "from the factory").to.equal(derived);

      const pool = new Contract(address, poolAbi, chain().ethers.provider);
      const { sqrtPriceX96, unlocked, feeProtocol } = await pool.getFunction("slot0")();
      expect(sqrtPriceX96 > 0n, "price").to.equal(true);
      expect(unlocked, "unlocked").to.equal(true);
      expect(await pool.getFunction("fee")(), "fee").to.equal(BigInt(fee));
      if (isFork) return;
      expect(feeProtocol, "the protocol's share").to.equal(exchange.feeProtocol);
      expect((await pool.getFunction("liquidity")()) > 0n, "liquidity").to.equal(true);
    });
  }

  it("have a Ramses CL factory that lists a pool by its fee", async () => {
    const address = await factoryAt(ramses).getFunction("getPool")(token("WETH"), token("USDC"), 500);
    expect(await chain().ethers.provider.getCode(address)).to.not.equal("0x");
  });

  it("take every fee that the exchanges have enabled", async () => {
    for (const [factory, spacings] of [
      [uniswap.factory, { 100: 1, 500: 10, 3000: 60, 10000: 200 }],
      [pancakeswap.factory, { 100: 1, 500: 10, 2500: 50, 10000: 200 }],
    ] as const) {
      for (const [fee, spacing] of Object.entries(spacings)) {
        const found = await factoryAt(factory).getFunction("feeAmountTickSpacing")(fee);
        expect(found, `${factory} ${fee}`).to.equal(BigInt(spacing));
      }
    }
  });

  it("let only PancakeSwap's factory deploy pools, and name the factory once", async () => {
    const [stranger] = await chain().ethers.getSigners();
    const abi = [
      "function deploy(address factory, address token0, address token1, uint24 fee, int24 tickSpacing) returns (address)",
      "function setFactoryAddress(address factory)",
      "function factoryAddress() view returns (address)",
      "function parameters() view returns (address factory, address, address, uint24, int24)",
    ];
    const deployer = new Contract(pancakeswap.deployer, abi, stranger);
    expect(await deployer.getFunction("factoryAddress")()).to.equal(pancakeswap.factory);
    const deploy = deployer.getFunction("deploy").staticCall(pancakeswap.factory, token("WETH"), token("ARB"), 1, 1);
    await expect(deploy).to.be.revertedWith("only factory can call deploy");
    const rename = deployer.getFunction("setFactoryAddress").staticCall(pancakeswap.factory);
    await expect(rename).to.be.revertedWith("already initialized");
    const parameters = await deployer.getFunction("parameters")();
    expect(parameters.factory, "parameters after a pool was deployed").to.equal(`0x${"0".repeat(40)}`);
  });
});
