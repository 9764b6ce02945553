// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { Hop, IFlashArbitrage, Lender, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice Everyone who is neither owner nor operator, in everything that can be called.
contract StrangersTest is ExecutorTest {
    uint256 private constant LYING_THERE = 1e18;

    /// @dev Something to lose: a balance of every token and of ether.
    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(flash), LYING_THERE);
        _giveEther(address(flash), LYING_THERE);
    }

    function testFuzz_CannotExecute(address stranger, bytes32 id, uint256 seed, uint256 minProfit) external {
        _assumeStranger(stranger);
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _earningRoute(random, loan);
        bytes memory order = abi.encodeCall(flash.execute, (id, loan, hops, minProfit, block.timestamp));
        _requireRefused(stranger, order, abi.encodeWithSelector(IFlashArbitrage.NotOperator.selector, stranger));
    }

    /// @dev Not even an order without sense gets another answer than an order of sense.
    function testFuzz_CannotExecuteAnything(
        address stranger,
        bytes32 id,
        Loan calldata loan,
        Hop[] calldata hops,
        uint256 minProfit,
        uint256 deadline
    ) external {
        _assumeStranger(stranger);
        bytes memory order = abi.encodeCall(flash.execute, (id, loan, hops, minProfit, deadline));
        _requireRefused(stranger, order, abi.encodeWithSelector(IFlashArbitrage.NotOperator.selector, stranger));
    }

    function testFuzz_CannotCallBack(
        address stranger,
        address token,
        uint256 amount,
        uint256 premium,
        bytes calldata payload
    ) external {
        _assumeStranger(stranger);
        bytes memory refusal = abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, stranger);
        bytes[] memory callbacks = _callbacks(token, amount, payload);
        for (uint256 i = 0; i < callbacks.length; ++i) _requireRefused(stranger, callbacks[i], refusal);
        bytes memory ofAave = abi.encodeCall(flash.executeOperation, (token, amount, premium, address(flash), payload));
        _requireRefused(stranger, ofAave, refusal);
    }

    /// @dev A loan that a stranger takes in the contract's name: the real lender calls, and nobody announced it.
    function testFuzz_CannotBorrowInItsName(address stranger, uint256 seed, bytes calldata payload) external {
        _assumeStranger(stranger);
        Loan memory loan = _loan(Random(seed));
        vm.prank(stranger);
        (bool success, bytes memory answer) = address(aave).call(
            abi.encodeCall(aave.flashLoanSimple, (address(flash), loan.token, loan.amount, payload, 0))
        );
        bytes memory refusal = abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, address(aave));
        require(!success && keccak256(answer) == keccak256(refusal), "refuses Aave");

        address[] memory loaned = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (loaned[0], amounts[0]) = (loan.token, loan.amount);
        vm.prank(stranger);
        (success, answer) = address(balancer).call(
            abi.encodeWithSignature(
                "flashLoan(address,address[],uint256[],bytes)",
                address(flash),
                loaned,
                amounts,
                payload
            )
        );
        refusal = abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, address(balancer));
        require(!success && keccak256(answer) == keccak256(refusal), "refuses Balancer");
        _requireUntouched();
    }

    function testFuzz_CannotAdministrate(address stranger, address account, bool allowed) external {
        _assumeStranger(stranger);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        _requireRefused(stranger, abi.encodeCall(flash.setOperator, (account, allowed)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.setTreasury, (account)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.setGuardian, (account)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.setOperatorLoanCap, (tokens[0], 1)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.pause, ()), _notGuardian(stranger));
        _requireRefused(stranger, abi.encodeCall(flash.unpause, ()), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.sweep, (account)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.sweep, (tokens[0])), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.sweep, (address(0))), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.transferOwnership, (account)), refusal);
        _requireRefused(stranger, abi.encodeCall(flash.acceptOwnership, ()), refusal);
    }

    /// @dev An operator is a stranger to everything but `execute`.
    function testFuzz_OperatorCannotAdministrate(address account, bool allowed) external {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, OPERATOR);
        _requireRefused(OPERATOR, abi.encodeCall(flash.setOperator, (account, allowed)), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.setTreasury, (account)), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.setGuardian, (account)), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.setOperatorLoanCap, (tokens[0], 1)), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.pause, ()), _notGuardian(OPERATOR));
        _requireRefused(OPERATOR, abi.encodeCall(flash.unpause, ()), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.sweep, (tokens[0])), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.transferOwnership, (account)), refusal);
        _requireRefused(OPERATOR, abi.encodeCall(flash.acceptOwnership, ()), refusal);
    }

    /// @dev A guardian is a stranger to everything but `pause`.
    function testFuzz_GuardianCannotAdministrate(address account, bool allowed) external {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.setOperator, (account, allowed)), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.setTreasury, (account)), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.setGuardian, (account)), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.setOperatorLoanCap, (tokens[0], 1)), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.unpause, ()), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.sweep, (tokens[0])), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.transferOwnership, (account)), refusal);
        _requireRefused(GUARDIAN, abi.encodeCall(flash.acceptOwnership, ()), refusal);
    }

    function testFuzz_CannotSendEther(address stranger, uint96 amount) external {
        _assumeStranger(stranger);
        vm.deal(stranger, amount);
        vm.prank(stranger);
        (bool success, bytes memory answer) = address(flash).call{ value: amount }("");
        bytes memory refusal = abi.encodeWithSelector(IFlashArbitrage.UnexpectedEther.selector, stranger);
        require(!success && keccak256(answer) == keccak256(refusal), "refuses ether");
        _requireUntouched();
    }

    /// @dev Any selector, with any arguments and any ether.
    function testFuzz_CannotDoAnythingElse(address stranger, bytes calldata payload, uint96 value) external {
        _assumeStranger(stranger);
        vm.deal(stranger, value);
        vm.prank(stranger);
        // Whether it succeeds does not matter: a view does.
        (bool ignored, ) = address(flash).call{ value: value }(payload);
        ignored;
        _requireUntouched();
    }

    function _notGuardian(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.NotGuardian.selector, caller);
    }

    function _assumeStranger(address account) private view {
        vm.assume(account != OWNER && account != GUARDIAN && account != OPERATOR && account != address(vm));
        // Nobody can send from zero, which is the pending owner while ownership is not being handed over.
        vm.assume(account != address(0));
    }

    function _requireRefused(address caller, bytes memory payload, bytes memory refusal) private {
        vm.prank(caller);
        (bool success, bytes memory answer) = address(flash).call(payload);
        require(!success, "refuses");
        require(keccak256(answer) == keccak256(refusal), "with the error that names the reason");
        _requireUntouched();
    }

    function _requireUntouched() private view {
        require(flash.owner() == OWNER && flash.pendingOwner() == address(0), "the owner is as before");
        require(flash.treasury() == TREASURY, "the treasury is as before");
        require(flash.isOperator(OPERATOR) && !flash.isOperator(STRANGER), "the operators are as before");
        require(!flash.paused(), "not paused");
        require(address(flash).balance == LYING_THERE, "the ether is there");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == LYING_THERE, "the tokens are there");
        }
        _requireNoAllowance();
    }
}
