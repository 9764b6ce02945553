import { expect } from "chai";
import { type AddressLike, type BaseContract, MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { lenderNames, tokenOf } from "../../bot/config/chains/chain.ts";
import { FlashArbitrage__factory } from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor, protocols } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";

const token = tokenOf(arbitrum, "WETH").address;
const usdc = tokenOf(arbitrum, "USDC").address;
const account = "0x00000000000000000000000000000000000000A1";

/** Every function that is not a view: the arguments of a stranger's call and the error that it meets. */
const strangers: Record<string, { args: unknown[]; error: string }> = {
  execute: {
    args: [ZeroHash, { lender: 0, source: ZeroAddress, token, amount: 1n, fee: 0n }, [], 0n, 2n ** 64n],
    error: "NotOperator",
  },
  executeOperation: { args: [token, 1n, 0n, account, "0x"], error: "UnannouncedCallback" },
  receiveFlashLoan: { args: [[token], [1n], [0n], "0x"], error: "UnannouncedCallback" },
  onMorphoFlashLoan: { args: [1n, "0x"], error: "UnannouncedCallback" },
  uniswapV3SwapCallback: { args: [1n, -1n, "0x"], error: "UnannouncedCallback" },
  pancakeV3SwapCallback: { args: [1n, -1n, "0x"], error: "UnannouncedCallback" },
  ramsesV2SwapCallback: { args: [1n, -1n, "0x"], error: "UnannouncedCallback" },
  algebraSwapCallback: { args: [1n, -1n, "0x"], error: "UnannouncedCallback" },
  onBalancerV3Unlock: { args: ["0x"], error: "UnannouncedCallback" },
  uniswapV3FlashCallback: { args: [1n, 0n, "0x"], error: "UnannouncedCallback" },
  pancakeV3FlashCallback: { args: [1n, 0n, "0x"], error: "UnannouncedCallback" },
  ramsesV2FlashCallback: { args: [1n, 0n, "0x"], error: "UnannouncedCallback" },
  algebraFlashCallback: { args: [1n, 0n, "0x"], error: "UnannouncedCallback" },
  uniswapV2Call: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  pancakeCall: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  hook: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  DVMFlashLoanCall: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  DPPFlashLoanCall: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  DSPFlashLoanCall: { args: [account, 1n, 0n, "0x"], error: "UnannouncedCallback" },
  setOperator: { args: [account, true], error: "OwnableUnauthorizedAccount" },
  setTreasury: { args: [account], error: "OwnableUnauthorizedAccount" },
  setGuardian: { args: [account], error: "OwnableUnauthorizedAccount" },
  setOperatorLoanCap: { args: [token, 1n], error: "OwnableUnauthorizedAccount" },
  pause: { args: [], error: "NotGuardian" },
  unpause: { args: [], error: "OwnableUnauthorizedAccount" },
  sweep: { args: [token], error: "OwnableUnauthorizedAccount" },
  transferOwnership: { args: [account], error: "OwnableUnauthorizedAccount" },
  acceptOwnership: { args: [], error: "OwnableUnauthorizedAccount" },
};

const hops = [usdc, token].map((tokenOut) => ({ venue: 0, target: account, tokenOut, amountIn: 0n, data: "0x" }));

/** Calls a function of the list above with its arguments. */
const attempt = (flash: BaseContract, name: string) => flash.getFunction(name)(...(strangers[name]?.args ?? []));

describe("FlashArbitrage, called by", () => {
  const chain = useArbitrum();
  let executor: Executor;

  before(async () => {
    executor = await deployExecutor(chain());
  });

  it("a stranger: the list of this test names every function that is not a view", () => {
    const functions: string[] = [];
    executor.flash.interface.forEachFunction((fragment) => {
      if (!fragment.constant) functions.push(fragment.name);
    });
    expect(functions).to.have.members(Object.keys(strangers));
  });

  for (const [name, { error }] of Object.entries(strangers)) {
    it(`a stranger: ${name} reverts with ${error}`, async () => {
      const { flash, stranger } = executor;
      await expect(attempt(flash.connect(stranger), name)).to.be.revertedWithCustomError(flash, error);
    });
  }

  it("an operator: nothing but execute gets further than for a stranger", async () => {
    const { flash } = executor;
    for (const [name, { error }] of Object.entries(strangers)) {
      if (name === "execute") continue;
      await expect(attempt(flash, name)).to.be.revertedWithCustomError(flash, error);
    }
  });

  it("the guardian: nothing but pause gets further than for a stranger", async () => {
    const { flash, guardian } = executor;
    for (const [name, { error }] of Object.entries(strangers)) {
      if (name === "pause") continue;
      await expect(attempt(flash.connect(guardian), name)).to.be.revertedWithCustomError(flash, error);
    }
  });

  it("the owner: execute reverts, because an owner is not an operator", async () => {
    const { flash, owner } = executor;
    await expect(attempt(flash.connect(owner), "execute"))
      .to.be.revertedWithCustomError(flash, "NotOperator")
      .withArgs(owner.address);
  });

  it("anyone with ether: it is refused", async () => {
    const { flash, address, stranger } = executor;
    await expect(stranger.sendTransaction({ to: address, value: 1n }))
      .to.be.revertedWithCustomError(flash, "UnexpectedEther")
      .withArgs(stranger.address);
  });

  for (const [lender, name] of [
    [arbitrum.lenders.aaveV3, "executeOperation"],
    [arbitrum.lenders.balancerV2, "receiveFlashLoan"],
    [arbitrum.lenders.morphoBlue, "onMorphoFlashLoan"],
    [arbitrum.lenders.balancerV3, "onBalancerV3Unlock"],
  ] as const) {
    it(`the lender that ${name} belongs to, cold: it reverts with UnannouncedCallback`, async () => {
      const { networkHelpers, ethers } = chain();
      await networkHelpers.impersonateAccount(lender);
      await networkHelpers.setBalance(lender, 10n ** 18n);
      const { flash } = executor;
      await expect(attempt(flash.connect(await ethers.getSigner(lender)), name))
        .to.be.revertedWithCustomError(flash, "UnannouncedCallback")
        .withArgs(lender);
    });
  }
});

describe("FlashArbitrage's owner", () => {
  const chain = useArbitrum();
  let executor: Executor;

  before(async () => {
    executor = await deployExecutor(chain());
  });

  it("hands over in two steps: the old owner stays until the new one accepts", async () => {
    const { flash, owner, stranger } = executor;
    await flash.connect(owner).transferOwnership(stranger);
    expect(await flash.owner()).to.equal(owner.address);
    await flash.connect(stranger).acceptOwnership();
    expect(await flash.owner()).to.equal(stranger.address);
    await expect(flash.connect(owner).unpause()).to.be.revertedWithCustomError(flash, "OwnableUnauthorizedAccount");
    await expect(flash.connect(owner).pause()).to.be.revertedWithCustomError(flash, "NotGuardian");
  });

  it("makes operators and removes them", async () => {
    const { flash, owner, operator, stranger } = executor;
    await expect(flash.connect(owner).setOperator(stranger, true))
      .to.emit(flash, "OperatorSet")
      .withArgs(stranger.address, true);
    expect(await flash.isOperator(stranger)).to.equal(true);
    await flash.connect(owner).setOperator(operator, false);
    await expect(attempt(flash, "execute")).to.be.revertedWithCustomError(flash, "NotOperator");
    await expect(flash.connect(owner).setOperator(ZeroAddress, true))
      .to.be.revertedWithCustomError(flash, "InvalidAddress")
      .withArgs(ZeroAddress);
  });

  it("changes the treasury, to neither zero nor the contract", async () => {
    const { flash, address, owner, stranger } = executor;
    await expect(flash.connect(owner).setTreasury(stranger)).to.emit(flash, "TreasurySet").withArgs(stranger.address);
    expect(await flash.treasury()).to.equal(stranger.address);
    for (const invalid of [ZeroAddress, address]) {
      await expect(flash.connect(owner).setTreasury(invalid))
        .to.be.revertedWithCustomError(flash, "InvalidAddress")
        .withArgs(invalid);
    }
  });

  it("cannot be renounced, not even by themselves", async () => {
    const { flash, owner, stranger } = executor;
    for (const caller of [owner, stranger]) {
      await expect(flash.connect(caller).renounceOwnership()).to.be.revertedWithCustomError(flash, "OwnerRequired");
    }
    expect(await flash.owner()).to.equal(owner.address);
  });

  it("names a guardian, who pauses and cannot allow execution again, and another or none", async () => {
    const { flash, owner, guardian, stranger } = executor;
    const execute = () => attempt(flash, "execute");
    await flash.connect(guardian).pause();
    await expect(execute()).to.be.revertedWithCustomError(flash, "EnforcedPause");
    await expect(flash.connect(guardian).unpause())
      .to.be.revertedWithCustomError(flash, "OwnableUnauthorizedAccount")
      .withArgs(guardian.address);
    await flash.connect(owner).unpause();
    await expect(flash.connect(owner).setGuardian(stranger)).to.emit(flash, "GuardianSet").withArgs(stranger.address);
    expect(await flash.guardian()).to.equal(stranger.address);
    await expect(flash.connect(guardian).pause())
      .to.be.revertedWithCustomError(flash, "NotGuardian")
      .withArgs(guardian.address);
    await flash.connect(owner).setGuardian(ZeroAddress);
    await expect(flash.connect(stranger).pause()).to.be.revertedWithCustomError(flash, "NotGuardian");
  });

  it("limits what a route may take of a token from the operator's wallet, and each token for itself", async () => {
    const { flash, owner } = executor;
    const own = (amount: bigint) =>
      flash.execute(
        ZeroHash,
        { lender: lenderNames.indexOf("operator"), token, amount, source: ZeroAddress, fee: 0n },
        hops,
        0n,
        2n ** 64n,
      );
    await expect(flash.connect(owner).setOperatorLoanCap(token, 5n))
      .to.emit(flash, "OperatorLoanCapSet")
      .withArgs(token, 5n);
    expect(await flash.operatorLoanCap(token)).to.equal(5n);
    expect(await flash.operatorLoanCap(usdc)).to.equal(MaxUint256);
    await expect(own(6n)).to.be.revertedWithCustomError(flash, "OperatorLoanAboveCap").withArgs(token, 6n, 5n);
    // The amount is allowed, and the wallet has approved nothing.
    await expect(own(5n)).not.to.be.revertedWithCustomError(flash, "OperatorLoanAboveCap");
  });

  it("pauses execution and allows it again", async () => {
    const { flash, owner } = executor;
    const execute = () => attempt(flash, "execute");
    await flash.connect(owner).pause();
    await expect(execute()).to.be.revertedWithCustomError(flash, "EnforcedPause");
    await flash.connect(owner).unpause();
    await expect(execute()).to.be.revertedWithCustomError(flash, "EmptyRoute");
  });

  it("sweeps tokens to the treasury and nowhere else", async () => {
    const { flash, address, owner, treasury } = executor;
    await setTokenBalance(chain(), token, address, 5n);
    await expect(flash.connect(owner).sweep(token)).to.emit(flash, "Swept").withArgs(token, treasury.address, 5n);
    const weth = erc20(token, owner);
    expect(await weth.balanceOf(treasury)).to.equal(5n);
    expect(await weth.balanceOf(address)).to.equal(0n);
  });

  it("sweeps ether that was forced into the contract", async () => {
    const { flash, address, owner, treasury } = executor;
    await chain().networkHelpers.setBalance(address, 7n);
    await expect(flash.connect(owner).sweep(ZeroAddress)).to.changeEtherBalances(
      chain().ethers,
      [address, treasury],
      [-7n, 7n],
    );
  });
});

describe("FlashArbitrage's constructor", () => {
  const chain = useArbitrum();

  it("binds the contract to the protocols of the chain", async () => {
    const { flash, owner, treasury, guardian, operator } = await deployExecutor(chain());
    const { aaveV3, balancerV2, morphoBlue, balancerV3, dodoApprove, weth } = await flash.protocols();
    expect({ aaveV3, balancerV2, morphoBlue, balancerV3, dodoApprove, weth }).to.deep.equal(protocols);
    expect(await flash.owner()).to.equal(owner.address);
    expect(await flash.treasury()).to.equal(treasury.address);
    expect(await flash.guardian()).to.equal(guardian.address);
    expect(await flash.isOperator(operator)).to.equal(true);
    expect(await flash.isOperator(owner)).to.equal(false);
  });

  it("lets no wallet finance a route of a token without a cap", async () => {
    const { owner, treasury, operator } = await deployExecutor(chain());
    const factory = new FlashArbitrage__factory(owner);
    const flash = (await factory.deploy(owner, treasury, ZeroAddress, [operator], [], protocols)).connect(operator);
    const loan = { lender: lenderNames.indexOf("operator"), token, amount: 1n, source: ZeroAddress, fee: 0n };
    await expect(flash.execute(ZeroHash, loan, hops, 0n, 2n ** 64n))
      .to.be.revertedWithCustomError(flash, "OperatorLoanAboveCap")
      .withArgs(token, 1n, 0n);
  });

  it("refuses an account or a protocol that must not be zero", async () => {
    const { flash, owner, treasury, operator } = await deployExecutor(chain());
    const factory = new FlashArbitrage__factory(owner);
    const deploy = (
      owner_: AddressLike,
      treasury_: AddressLike,
      operators: AddressLike[],
      bound: Record<keyof typeof protocols, string>,
    ) => factory.deploy(owner_, treasury_, ZeroAddress, operators, [], bound);
    const zero = (name: string) => ({ ...protocols, [name]: ZeroAddress });
    await expect(deploy(ZeroAddress, treasury, [operator], protocols)).to.be.revertedWithCustomError(
      flash,
      "OwnableInvalidOwner",
    );
    for (const deployment of [
      () => deploy(owner, ZeroAddress, [operator], protocols),
      () => deploy(owner, treasury, [ZeroAddress], protocols),
      () => deploy(owner, treasury, [operator], zero("weth")),
      () => deploy(owner, treasury, [operator], zero("dodoApprove")),
    ]) {
      await expect(deployment()).to.be.revertedWithCustomError(flash, "InvalidAddress").withArgs(ZeroAddress);
    }
  });
});
