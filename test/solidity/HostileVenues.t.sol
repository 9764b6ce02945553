// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Hop, IFlashArbitrage, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { VenueAtFixedRate, VenueReentering } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice A random hop of a random route that earns runs into a venue that misbehaves in one point.
contract HostileVenuesTest is ExecutorTest {
    struct Case {
        Loan loan;
        Hop[] hops;
        /// @dev The hop that the hostile venue serves, and what goes in and out of it.
        uint256 index;
        address tokenIn;
        uint256 amountIn;
        uint256 amountOut;
        uint256 profit;
    }

    uint256 private constant MAX_REASON_BYTES = 1024;

    function testFuzz_RevertWhen_VenuePaysLessThanItSays(uint256 seed) external {
        Case memory c = _case(seed, "VenuePayingLessThanItSays");
        vm.assume(!_saysNothing(c.hops[c.index]));
        address tokenOut = c.hops[c.index].tokenOut;
        bytes4 short = IFlashArbitrage.TransferShort.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(short, tokenOut, c.amountOut - 1, c.amountOut));
    }

    function testFuzz_RevertWhen_VenuePaysNothing(uint256 seed) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _earningRoute(random, loan);
        Flow memory flow = _flow(loan, hops);
        VenueAtFixedRate hostile = _deployVenue("VenuePayingNothing");
        hostile.setPair(_tokenIn(loan, hops, hops.length - 1), loan.token);
        hops[hops.length - 1].target = address(hostile);
        uint256 delivered = flow.delivered - flow.amountsOut[hops.length - 1];
        int256 loss = int256(delivered) - int256(loan.amount) - int256(_feeOf(loan));
        _requireRevert(loan, hops, abi.encodeWithSelector(IFlashArbitrage.InsufficientProfit.selector, loss, 0));
    }

    function testFuzz_RevertWhen_VenueTakesLessThanGiven(uint256 seed) external {
        Case memory c = _case(seed, "VenueTakingLessThanGiven");
        // What a venue sends back as ether while it pays in ether is part of what it pays.
        vm.assume(!_paysEther(c.hops[c.index]));
        bytes memory unexpected = abi.encodeWithSelector(
            IFlashArbitrage.UnexpectedCharge.selector,
            c.amountIn - 1,
            c.amountIn
        );
        bytes memory unspent = abi.encodeWithSelector(IFlashArbitrage.HopInputUnspent.selector, c.index, 1);
        bool callsBack = c.hops[c.index].venue == uint8(Venue.UniswapV3);
        _requireRevert(c.loan, c.hops, callsBack ? _hopFailed(c, unexpected) : unspent);
    }

    function testFuzz_RevertWhen_VenueTakesMoreThanGiven(uint256 seed) external {
        Case memory c = _case(seed, "VenueTakingMoreThanGiven");
        Hop memory hop = c.hops[c.index];
        vm.assume(!_takesEther(hop));
        bytes memory reason =
            hop.venue == uint8(Venue.UniswapV3)
                ? abi.encodeWithSelector(IFlashArbitrage.UnexpectedCharge.selector, c.amountIn + 1, c.amountIn)
                : abi.encodeWithSignature(
                    "ERC20InsufficientAllowance(address,uint256,uint256)",
                    hop.venue == uint8(Venue.Dodo) ? address(puller) : hop.target,
                    c.amountIn,
                    c.amountIn + 1
                );
        _requireRevert(c.loan, c.hops, _hopFailed(c, reason));
    }

    function testFuzz_RevertWhen_VenueAnswersNothing(uint256 seed) external {
        Case memory c = _case(seed, "VenueAnsweringNothing");
        Hop memory hop = c.hops[c.index];
        if (_saysNothing(hop)) {
            _requireProfit(c.loan, c.hops, c.profit);
            return;
        }
        bytes4 nothing = IFlashArbitrage.HopAnsweredNothing.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(nothing, c.index, hop.venue, hop.target));
    }

    function testFuzz_RevertWhen_TargetIsNoContract(uint256 seed, address target) external {
        vm.assume(target.code.length == 0 && uint160(target) > 0xffff);
        Case memory c = _case(seed, "VenueAtFixedRate");
        Hop memory hop = c.hops[c.index];
        hop.target = target;
        bytes4 nothing = IFlashArbitrage.HopAnsweredNothing.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(nothing, c.index, hop.venue, hop.target));
    }

    function testFuzz_RevertWhen_VenueSendsEther(uint256 seed) external {
        Case memory c = _case(seed, "VenueSendingEther");
        vm.assume(!_paysEther(c.hops[c.index]));
        bytes4 unspent = IFlashArbitrage.HopInputUnspent.selector;
        _requireRevert(c.loan, c.hops, abi.encodeWithSelector(unspent, c.index, 1));
    }

    /// @dev The reason is cut, so that its length costs the caller nothing.
    function testFuzz_RevertWhen_VenueRevertsAtLength(uint256 seed) external {
        Case memory c = _case(seed, "VenueRevertingAtLength");
        _requireRevert(c.loan, c.hops, _hopFailed(c, new bytes(MAX_REASON_BYTES)));
    }

    function testFuzz_LengthOfAnswerIsIgnored(uint256 seed) external {
        Case memory c = _case(seed, "VenueAnsweringAtLength");
        _requireProfit(c.loan, c.hops, c.profit);
    }

    /// @dev Even a venue that is owner and operator reaches nothing that moves money, and no callback.
    function testFuzz_ReenteringVenueReachesNothing(uint256 seed) external {
        Case memory c = _case(seed, "VenueReentering");
        VenueReentering hostile = VenueReentering(payable(c.hops[c.index].target));
        vm.startPrank(OWNER);
        flash.setOperator(address(hostile), true);
        flash.transferOwnership(address(hostile));
        vm.stopPrank();
        vm.prank(address(hostile));
        flash.acceptOwnership();

        bytes memory order = abi.encodeCall(flash.execute, (0, c.loan, c.hops, 0, block.timestamp));
        hostile.prepare(address(flash), order);
        hostile.prepare(address(flash), abi.encodeCall(flash.sweep, (c.loan.token)));
        hostile.prepare(address(flash), abi.encodeCall(flash.sweep, (address(0))));
        // The payload of the loan under way, as the lender knows it.
        bytes memory payload = abi.encode(c.loan, c.hops, c.profit, uint256(0));
        bytes[] memory callbacks = _callbacks(c.loan.token, c.loan.amount, payload);
        for (uint256 i = 0; i < callbacks.length; ++i) hostile.prepare(address(flash), callbacks[i]);
        // The lender itself calls back, for a loan that the venue takes in the contract's name.
        hostile.prepare(
            address(aave),
            abi.encodeCall(aave.flashLoanSimple, (address(flash), c.loan.token, c.loan.amount, payload, 0))
        );

        _requireProfit(c.loan, c.hops, c.profit);

        bytes memory reentrant = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        uint256 attempts = callbacks.length + 4;
        require(hostile.attempts() == attempts, "makes every attempt");
        for (uint256 i = 0; i < attempts; ++i) {
            bytes memory expected =
                i < 3
                    ? reentrant
                    : abi.encodeWithSelector(
                        IFlashArbitrage.UnannouncedCallback.selector,
                        i == attempts - 1 ? address(aave) : address(hostile)
                    );
            require(!hostile.succeeded(i), "refuses every attempt");
            require(keccak256(hostile.answers(i)) == keccak256(expected), "with the error that names the reason");
        }
    }

    /// @dev Deploys the hostile venue, and sends one hop of a route that earns to it.
    function _case(uint256 seed, string memory hostile) private returns (Case memory c) {
        Random memory random = Random(seed);
        c.loan = _loan(random);
        c.hops = _earningRoute(random, c.loan);
        Flow memory flow = _flow(c.loan, c.hops);
        c.profit = flow.delivered - c.loan.amount - _feeOf(c.loan);
        c.index = _draw(random, c.hops.length);
        c.tokenIn = _tokenIn(c.loan, c.hops, c.index);
        c.amountIn = flow.amountsIn[c.index];
        c.amountOut = flow.amountsOut[c.index];
        VenueAtFixedRate target = _deployVenue(hostile);
        Hop memory hop = c.hops[c.index];
        _setRateE18(target, c.tokenIn, hop.tokenOut, (c.amountOut * 1e18 + c.amountIn - 1) / c.amountIn);
        require(target.quote(c.tokenIn, hop.tokenOut, c.amountIn) == c.amountOut, "quotes as the honest venue");
        hop.target = address(target);
    }

    function _hopFailed(Case memory c, bytes memory reason) private pure returns (bytes memory) {
        bytes4 failed = IFlashArbitrage.HopFailed.selector;
        return abi.encodeWithSelector(failed, c.index, c.hops[c.index].venue, reason);
    }

    function _takesEther(Hop memory hop) private pure returns (bool nativeIn) {
        if (hop.venue == uint8(Venue.WooFi)) (nativeIn, ) = abi.decode(hop.data, (bool, bool));
    }

    function _paysEther(Hop memory hop) private pure returns (bool nativeOut) {
        if (hop.venue == uint8(Venue.WooFi)) (, nativeOut) = abi.decode(hop.data, (bool, bool));
    }
}
