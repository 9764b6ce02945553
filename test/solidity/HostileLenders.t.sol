// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage, Lender, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import {
    LenderCallingFromElsewhere,
    LenderChangingToken,
    LenderOfEveryPattern
} from "../support/contracts/Lenders.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice A route that earns, financed by a lender that misbehaves in one point, in each of the patterns.
contract HostileLendersTest is ExecutorTest {
    struct Case {
        LenderOfEveryPattern lender;
        Loan loan;
        Hop[] hops;
    }

    function testFuzz_RevertWhen_LenderNeverCallsBack(uint256 seed) external {
        Case memory c = _case(seed, "LenderNeverCallingBack");
        bytes4 notDelivered = IFlashArbitrage.LoanNotDelivered.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(notDelivered, c.loan.lender));
    }

    function testFuzz_RevertWhen_LenderCallsBackTwice(uint256 seed) external {
        Case memory c = _case(seed, "LenderCallingBackTwice");
        _requireRevert(c.loan, c.hops, _unannounced(address(c.lender)));
    }

    function testFuzz_RevertWhen_LenderChangesPayload(uint256 seed) external {
        Case memory c = _case(seed, "LenderChangingPayload");
        _requireRevert(c.loan, c.hops, _unannounced(address(c.lender)));
    }

    function testFuzz_RevertWhen_LenderChangesPurpose(uint256 seed) external {
        Case memory c = _case(seed, "LenderChangingPurpose");
        _requireRevert(c.loan, c.hops, _unannounced(address(c.lender)));
    }

    function testFuzz_RevertWhen_LenderCallsFromElsewhere(uint256 seed) external {
        Case memory c = _case(seed, "LenderCallingFromElsewhere");
        address messenger = address(LenderCallingFromElsewhere(address(c.lender)).MESSENGER());
        _requireRevert(c.loan, c.hops, _unannounced(messenger));
    }

    function testFuzz_RevertWhen_LenderChangesAmount(uint256 seed) external {
        Case memory c = _case(seed, "LenderChangingAmount");
        // It is asked for the amount in the callback, and does not say what it sends.
        vm.assume(c.loan.lender != uint8(Lender.BalancerV3));
        if (c.loan.lender == uint8(Lender.ConcentratedFlash)) {
            // It does not say what it sent either, but misses the unit that was not asked for, unless a venue that pulls
            // leaves it first.
            (bool success, bytes memory answer) = _execute(c.loan, c.hops, 0);
            bool isUnspent =
                bytes4(answer) == IFlashArbitrage.HopInputUnspent.selector && answer[answer.length - 1] == 0x01;
            bool isMissed = bytes4(answer) == LenderOfEveryPattern.NotRepaid.selector;
            require(!success && (isUnspent || isMissed), "the unit is not the route's");
            _requireNothingLeft();
            return;
        }
        bytes4 unexpected = IFlashArbitrage.UnexpectedLoan.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(unexpected, c.loan.token, c.loan.amount + 1));
    }

    function testFuzz_RevertWhen_LenderChangesToken(uint256 seed) external {
        Case memory c = _case(seed, "LenderChangingToken");
        address substitute = c.hops[0].tokenOut;
        LenderChangingToken(address(c.lender)).setSubstitute(substitute);
        // Only Aave V3 and Balancer V2 say what they sent: otherwise the token that was asked for did not arrive.
        if (c.loan.lender > uint8(Lender.BalancerV2)) _requireShort(c.loan, c.hops);
        else {
            bytes4 unexpected = IFlashArbitrage.UnexpectedLoan.selector;
            _requireRevert(c.loan, c.hops, abi.encodeWithSelector(unexpected, substitute, c.loan.amount));
        }
    }

    function testFuzz_RevertWhen_LenderNamesForeignInitiator(uint256 seed) external {
        Case memory c = _case(seed, "LenderNamingForeignInitiator");
        bytes4 foreign = IFlashArbitrage.ForeignInitiator.selector;
        Lender lender = Lender(c.loan.lender);
        // The others name none.
        if (lender == Lender.AaveV3 || lender == Lender.PairFlash || lender == Lender.DodoFlash) {
            _requireRevert(c.loan, c.hops, abi.encodeWithSelector(foreign, address(c.lender)));
        }
    }

    function testFuzz_RevertWhen_LenderSendsLess(uint256 seed) external {
        Case memory c = _case(seed, "LenderSendingLess");
        _requireShort(c.loan, c.hops);
    }

    function testFuzz_RevertWhen_FeeEatsTheProfit(uint256 seed) external {
        Case memory c = _case(seed, "LenderOfEveryPattern");
        c.lender.setFeeBps(1_001);
        // Morpho, DODO and Balancer V3 take no fee.
        if (c.loan.lender == uint8(Lender.MorphoBlue) || c.loan.lender > uint8(Lender.PairFlash)) return;
        // A pair's invariant asks for it, whatever the loan names.
        if (c.loan.lender == uint8(Lender.PairFlash)) c.loan.fee = (c.loan.amount * 1_001) / 8_999 + 1;
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, 0);
        require(!success, "the order reverts");
        require(bytes4(answer) == IFlashArbitrage.InsufficientProfit.selector, "for its loss");
        _requireNothingLeft();
    }

    /// @dev Nothing but what it announced can be taken: the rest was not approved, or not sent.
    function testFuzz_RevertWhen_LenderTakesMoreThanOwed(uint256 seed) external {
        Case memory c = _case(seed, "LenderTakingMoreThanOwed");
        // Balancer V3 does not take: it counts what is settled.
        vm.assume(c.loan.lender != uint8(Lender.BalancerV3));
        (bool success, ) = _execute(c.loan, c.hops, 0);
        require(!success, "the order reverts");
        _requireNothingLeft();
    }

    /// @dev What it leaves is profit, and it cannot come back for it.
    function testFuzz_NothingIsLeftWhenLenderTakesLessThanOwed(uint256 seed) external {
        Case memory c = _case(seed, "LenderTakingLessThanOwed");
        uint256 treasuryBefore = _balance(c.loan.token, TREASURY);
        uint256 profit = _flow(c.loan, c.hops).delivered - c.loan.amount;
        // The others do not pull: they got what they are owed.
        if (c.loan.lender == uint8(Lender.AaveV3) || c.loan.lender == uint8(Lender.MorphoBlue)) ++profit;
        (bool success, ) = _execute(c.loan, c.hops, 0);
        require(success, "executes");
        require(_balance(c.loan.token, TREASURY) - treasuryBefore == profit, "pays everything to the treasury");
        _requireNothingLeft();
    }

    /// @dev A pair is paid what the loan names: one unit less than its invariant asks for is refused.
    function testFuzz_RevertWhen_FeeOfPairIsTooSmall(uint256 seed) external {
        Case memory c = _case(seed, "LenderOfEveryPattern");
        c.lender.setFeeBps(5);
        c.loan.lender = uint8(Lender.PairFlash);
        (c.loan.source, c.loan.fee) = (address(c.lender), (c.loan.amount * 10_000 + 9_994) / 9_995 - c.loan.amount - 1);
        c.lender.setPool(c.loan.token, c.hops[0].tokenOut, seed);
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, 0);
        require(!success && bytes4(answer) == LenderOfEveryPattern.NotRepaid.selector, "the pair refuses");
        _requireNothingLeft();
    }

    /// @dev The lender takes no fee unless a test sets one.
    function _case(uint256 seed, string memory hostile) private returns (Case memory c) {
        Random memory random = Random(seed);
        c.lender = _deployLender(hostile);
        c.loan = _loan(random);
        if (c.loan.lender == uint8(Lender.Operator)) c.loan.lender = uint8(Lender.AaveV3);
        c.loan.fee = 0;
        c.hops = _earningRoute(random, c.loan);
    }

    function _unannounced(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, caller);
    }
}
