import { expect } from "chai";
import { Wallet } from "ethers";
import hre from "hardhat";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf } from "../../bot/config/chains/chain.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import oneUnitModule from "../../ignition/modules/OneUnit.ts";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";
import { developmentKey, removeDeployment, runHardhat } from "../support/hardhatCli.ts";
import { executeRoute, type Leg, loanOf, marketOf, profitableLoop } from "../support/routes.ts";
import { type RpcServer, serveRpc } from "../support/rpcServer.ts";

const { tokens } = arbitrum;
const weth = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const addresses = Object.fromEntries(tokens.map(({ symbol, address }) => [symbol, address]));
const amount = 10n ** 17n;

/** A balance of each token. */
const each = (balance: bigint) => tokens.map(() => balance);

describe("One unit of each token", () => {
  const chain = useArbitrum();
  let executor: Executor;

  before(async () => {
    executor = await deployExecutor(chain());
  });

  const balancesOf = (account: string) =>
    Promise.all(tokens.map(({ address }) => erc20(address, chain().ethers.provider).balanceOf(account)));

  async function fund(account: string, units: bigint): Promise<void> {
    for (const { address } of tokens) await setTokenBalance(chain(), address, account, units);
  }

  describe("from the Ignition module", () => {
    /** Runs the module in the name of an account that is nothing to the contract, and holds `units` of each token. */
    async function giveUnits(units: bigint, parameters: Record<string, unknown> = {}): Promise<void> {
      const { address: flashArbitrage, stranger } = executor;
      await fund(stranger.address, units);
      await chain().ignition.deploy(oneUnitModule, {
        parameters: { OneUnit: { flashArbitrage, ...addresses, ...parameters } as never },
        defaultSender: stranger.address,
      });
    }

    it("arrives in the contract, and is all that it takes from the deployer", async () => {
      await giveUnits(5n);
      expect(await balancesOf(executor.address)).to.deep.equal(each(1n));
      expect(await balancesOf(executor.stranger.address)).to.deep.equal(each(4n));
    });

    it("leaves a trade's profit as it is to the wei, makes it cheaper, and stays", async () => {
      const { address, operator } = executor;
      await setTokenBalance(chain(), weth, operator.address, amount);
      await erc20(weth, operator).approve(address, amount);
      const market = await marketOf(chain(), "uniswapV2", [weth, usdc]);
      const loop = await profitableLoop(chain(), executor, market, [weth, usdc], loanOf("operator", weth, amount));
      if (isRefusal(loop)) throw new Error(loop.detail);
      const legs: readonly Leg[] = loop;
      // Of one second, late enough for the units to arrive before: a pair writes more in the first block of a second.
      const { time, takeSnapshot } = chain().networkHelpers;
      const second = (await time.latest()) + 60;
      const executeThen = async (lender: "morphoBlue" | "operator") => {
        await time.setNextBlockTimestamp(second);
        return executeRoute(executor, loanOf(lender, weth, amount), legs);
      };
      for (const lender of ["morphoBlue", "operator"] as const) {
        const before = await takeSnapshot();
        const without = await executeThen(lender);
        await before.restore();
        await giveUnits(1n);
        const executed = await executeThen(lender);
        expect(await balancesOf(address), lender).to.deep.equal(each(1n));
        await before.restore();
        expect(executed.profit, lender).to.equal(without.profit);
        expect(executed.gained, lender).to.equal(without.profit);
        // Code that counts its coverage uses so much gas that no refund is capped.
        if (hre.globalOptions.coverage) continue;
        expect(without.gasUsed - executed.gasUsed > 20_000n, `${lender}: gas spared`).to.equal(true);
      }
    });

    it("goes to the treasury when it is swept", async () => {
      await giveUnits(1n);
      const { flash, owner, treasury, address } = executor;
      const before = await balancesOf(treasury.address);
      for (const token of tokens) await flash.connect(owner).sweep(token.address);
      expect(await balancesOf(treasury.address)).to.deep.equal(before.map((balance) => balance + 1n));
      expect(await balancesOf(address)).to.deep.equal(each(0n));
    });

    for (const parameter of ["flashArbitrage", ...tokens.map(({ symbol }) => symbol)]) {
      it(`names ${parameter} when it is not given, and sends nothing`, async () => {
        const failure = await giveUnits(1n, { [parameter]: undefined }).then(
          () => "nothing",
          (error: Error) => error.message,
        );
        expect(failure).to.include(`Module parameter '${parameter}' requires a value`);
        expect(await balancesOf(executor.stranger.address)).to.deep.equal(each(1n));
      });
    }
  });

  describe("npx hardhat ignition deploy ignition/modules/OneUnit.ts", () => {
    const deployer = new Wallet(developmentKey).address;
    const deploymentId = `test-units-${process.pid}`;
    let server: RpcServer;

    before(async function () {
      if (hre.globalOptions.coverage) {
        process.stdout.write("  skipped: a build for deployment would replace the build under coverage\n");
        this.skip();
      }
      server = await serveRpc(chain());
    });

    afterEach(async () => {
      await removeDeployment(deploymentId);
    });

    after(async () => {
      await server?.close();
    });

    const deploy = (parameters: string) =>
      runHardhat(
        [
          ...["ignition", "deploy", "ignition/modules/OneUnit.ts", "--network", "arbitrum"],
          ...["--parameters", parameters, "--deployment-id", deploymentId],
        ],
        { ARBITRUM_RPC_URL: server.url, DEPLOYER_PRIVATE_KEY: developmentKey },
      );
    const parameters = () => JSON.stringify({ OneUnit: { flashArbitrage: executor.address, ...addresses } });

    it("gives what was short the first time when it runs again, and then nothing more", async () => {
      await fund(deployer, 5n);
      await setTokenBalance(chain(), usdc, deployer, 0n);
      const short = await deploy(parameters());
      expect(short.code, short.output).to.equal(1);
      expect(short.output).to.include("OneUnit#transferUSDC: ");
      await fund(deployer, 5n);
      const { code, output } = await deploy(parameters());
      expect(code, output).to.equal(0);
      expect(await balancesOf(executor.address)).to.deep.equal(each(1n));
      const sent = await chain().ethers.provider.getTransactionCount(deployer);
      const again = await deploy(parameters());
      expect(again.code, again.output).to.equal(0);
      expect(again.output).to.include("Nothing new to deploy");
      expect(await balancesOf(executor.address)).to.deep.equal(each(1n));
      expect(await chain().ethers.provider.getTransactionCount(deployer)).to.equal(sent);
    });

    it("gives nothing where the contract is not named, as in the parameters that are shipped", async () => {
      await fund(deployer, 5n);
      const { code, output } = await deploy("ignition/parameters/arbitrum.json5");
      expect(code, output).to.equal(1);
      expect(output).to.include("OneUnit#FlashArbitrage.treasury");
      expect(await balancesOf(deployer)).to.deep.equal(each(5n));
    });
  });
});
