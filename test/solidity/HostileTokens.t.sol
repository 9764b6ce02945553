// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Hop, IFlashArbitrage, Lender, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import {
    Token,
    TokenChargingSender,
    TokenReentering,
    TokenReturningFalse,
    TokenTakingTransferFee
} from "../support/contracts/Tokens.sol";
import { LenderOfEveryPattern } from "../support/contracts/Lenders.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice Routes that earn, through a token that departs from the standard in one point.
contract HostileTokensTest is ExecutorTest {
    struct Case {
        address token;
        Loan loan;
        Hop[] hops;
    }

    function testFuzz_BorrowsTokenReturningNothing(uint256 seed) external {
        Case memory c = _caseBorrowing(seed, _listNew("TokenReturningNothing", "N"));
        _requireEarns(c);
    }

    function testFuzz_SwapsThroughTokenReturningNothing(uint256 seed) external {
        Case memory c = _caseThrough(seed, _listNew("TokenReturningNothing", "N"));
        _requireEarns(c);
    }

    function testFuzz_BorrowsTokenKeepingAllowance(uint256 seed) external {
        Case memory c = _caseBorrowing(seed, _listNew("TokenKeepingAllowance", "K"));
        _requireEarns(c);
    }

    function testFuzz_SwapsThroughTokenKeepingAllowance(uint256 seed) external {
        Case memory c = _caseThrough(seed, _listNew("TokenKeepingAllowance", "K"));
        _requireEarns(c);
    }

    /// @dev What is approved is spent: nothing is left to take back.
    function testFuzz_BorrowsTokenRefusingZeroApproval(uint256 seed) external {
        Case memory c = _caseBorrowing(seed, _listNew("TokenRefusingZeroApproval", "Z"));
        _requireEarns(c);
    }

    function testFuzz_SwapsThroughTokenRefusingZeroApproval(uint256 seed) external {
        Case memory c = _caseThrough(seed, _listNew("TokenRefusingZeroApproval", "Z"));
        _requireEarns(c);
    }

    /// @dev Aave, Morpho and the operator lend it; the approval for the first hop fails.
    function testFuzz_RevertWhen_TokenRefusesApproval(uint256 seed) external {
        Case memory c = _caseBorrowing(seed, _listNew("TokenReturningFalse", "F"));
        TokenReturningFalse(c.token).refuse(IERC20.approve.selector);
        // Ether needs no approval, but this token is no ether. A pool of Uniswap V3 needs none.
        vm.assume(c.hops[0].venue != uint8(Venue.UniswapV3));
        _requireRevert(c.loan, c.hops, _operationFailed(c.token));
    }

    function testFuzz_RevertWhen_TokenRefusesToLeaveTheOperator(uint256 seed) external {
        Case memory c = _caseBorrowing(seed, _listNew("TokenReturningFalse", "F"));
        (c.loan.lender, c.loan.source, c.loan.fee) = (uint8(Lender.Operator), address(0), 0);
        TokenReturningFalse(c.token).refuse(IERC20.transferFrom.selector);
        _requireRevert(c.loan, c.hops, _operationFailed(c.token));
    }

    function testFuzz_RevertWhen_BorrowedTokenTakesTransferFee(uint256 seed, uint16 feeBps) external {
        feeBps = 1 + (feeBps % 10_000);
        Case memory c = _caseBorrowing(seed, _listWithFee(feeBps));
        vm.assume((c.loan.amount * feeBps) / 10_000 != 0);
        _requireShort(c.loan, c.hops);
    }

    function testFuzz_RevertWhen_SwappedTokenTakesTransferFee(uint256 seed, uint16 feeBps) external {
        feeBps = 1 + (feeBps % 10_000);
        Case memory c = _caseThrough(seed, _listWithFee(feeBps));
        vm.assume(!_saysNothing(c.hops[0]));
        uint256 received = c.loan.amount - (c.loan.amount * feeBps) / 10_000;
        bytes4 short = IFlashArbitrage.TransferShort.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(short, c.token, received, c.loan.amount));
    }

    /// @dev What the token charges is not there, or is somebody's donation: neither pays for a route.
    function testFuzz_RevertWhen_TokenChargesSender(uint256 seed, bool borrowed, uint96 donation) external {
        address token = _listNew("TokenChargingSender", "C");
        Case memory c = borrowed ? _caseBorrowing(seed, token) : _caseThrough(seed, token);
        TokenChargingSender(token).setFeeBps(1);
        Token(token).mint(address(flash), donation);
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, 0);
        require(!success, "the order reverts");
        // Of a borrowed token it is found where the route delivers the token, or by the lender, who was charged as well.
        bool isFound =
            bytes4(answer) == IFlashArbitrage.TransferShort.selector ||
                bytes4(answer) == LenderOfEveryPattern.NotRepaid.selector;
        require(_isShortOfInput(answer) || (borrowed && isFound), "at the hop that pays the charge, or finds it");
        bytes4 overspent = IFlashArbitrage.HopInputOverspent.selector;
        if (bytes4(answer) == overspent) {
            uint256 charge = (borrowed ? c.loan.amount : _flow(c.loan, c.hops).amountsOut[0]) / 10_000;
            bytes memory expected = abi.encodeWithSelector(overspent, borrowed ? 0 : 1, charge);
            require(keccak256(answer) == keccak256(expected), "and says what the charge was");
        }
        require(_balance(token, address(flash)) == donation, "and the donation stays");
        _requireNoAllowance();
    }

    /// @dev The hops deliver the profit, and the repayment costs some of it, or more: a donation would make up for that.
    function testFuzz_RevertWhen_TokenChargesForRepayment(uint256 seed, uint256 feeBps) external {
        TokenChargingSender token = TokenChargingSender(_listNew("TokenChargingSender", "C"));
        Case memory c = _caseBorrowing(seed, address(token));
        feeBps = 1 + (feeBps % 10_000);
        token.setFeeBps(feeBps);
        token.chargeOnly(_lenderOf(c.loan));
        uint256 owed = c.loan.amount + _feeOf(c.loan);
        token.mint(address(flash), owed);

        uint256 profit = _profit(c);
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, profit);
        int256 left = int256(profit) - int256((owed * feeBps) / 10_000);
        bytes4 insufficient = IFlashArbitrage.InsufficientProfit.selector;
        bytes memory expected = abi.encodeWithSelector(insufficient, left, profit);
        require(!success && keccak256(answer) == keccak256(expected), "says what is left of the profit");
        require(_balance(address(token), address(flash)) == owed, "and the donation stays");
    }

    /// @dev The token runs in the middle of the loan, of every hop, of the repayment and of the payment of the profit.
    function testFuzz_ReenteringTokenReachesNothing(uint256 seed, bool borrowed) external {
        TokenReentering token = TokenReentering(_listNew("TokenReentering", "R"));
        Case memory c = borrowed ? _caseBorrowing(seed, address(token)) : _caseThrough(seed, address(token));
        vm.startPrank(OWNER);
        flash.setOperator(address(token), true);
        flash.transferOwnership(address(token));
        vm.stopPrank();
        vm.prank(address(token));
        flash.acceptOwnership();

        bytes memory order = abi.encodeCall(flash.execute, (0, c.loan, c.hops, 0, block.timestamp));
        token.prepare(address(flash), order);
        token.prepare(address(flash), abi.encodeCall(flash.sweep, (address(token))));
        token.prepare(address(flash), abi.encodeCall(flash.sweep, (c.loan.token)));
        bytes memory payload = abi.encode(c.loan, c.hops, _profit(c), uint256(0));
        bytes[] memory callbacks = _callbacks(c.loan.token, c.loan.amount, payload);
        for (uint256 i = 0; i < callbacks.length; ++i) token.prepare(address(flash), callbacks[i]);
        token.prepare(address(aave), abi.encodeCall(aave.flashLoanSimple, (address(flash), tokens[0], 1, payload, 0)));

        _requireEarns(c);
        uint256 attempts = callbacks.length + 4;
        require(token.made() >= 2 * attempts && token.made() % attempts == 0, "makes every attempt, more than once");
        require(token.succeeded() == 0, "refuses every attempt");
    }

    /// @dev token → other → token
    function _caseBorrowing(uint256 seed, address token) private returns (Case memory c) {
        return _caseBetween(seed, token, tokens[seed % 4], token);
    }

    /// @dev other → token → other
    function _caseThrough(uint256 seed, address token) private returns (Case memory c) {
        return _caseBetween(seed, tokens[seed % 4], token, token);
    }

    function _caseBetween(
        uint256 seed,
        address borrowed,
        address through,
        address token
    ) private returns (Case memory c) {
        Random memory random = Random(seed);
        c.token = token;
        c.loan = _loanOf(random, borrowed, 1e12 + _draw(random, 1e30));
        c.hops = new Hop[](2);
        c.hops[0] = _hop(random, _drawVenue(random, c.loan), borrowed, through);
        c.hops[1] = _hop(random, _drawVenue(random, c.loan), through, borrowed);
        _setRateE18(venue, through, borrowed, 1.1e18);
    }

    function _profit(Case memory c) private view returns (uint256) {
        return _flow(c.loan, c.hops).delivered - c.loan.amount - _feeOf(c.loan);
    }

    function _requireEarns(Case memory c) private {
        _requireProfit(c.loan, c.hops, _profit(c));
    }

    function _listWithFee(uint256 feeBps) private returns (address token) {
        token = _deploy("Tokens.sol:TokenTakingTransferFee", abi.encode("T", uint8(18), feeBps));
        _list(token);
    }

    function _operationFailed(address token) private pure returns (bytes memory) {
        return abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
    }
}
