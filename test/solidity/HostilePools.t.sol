// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Hop, IFlashArbitrage, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { Messenger } from "../support/contracts/Lenders.sol";
import { ScriptedPool } from "../support/contracts/ScriptedPool.sol";
import { VenueReentering } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice A random hop of a random route that earns goes through a pool of Uniswap V3 that misbehaves in one point, while
/// the contract holds more of the input than the hop spends. The pool pays as the honest one, so that all that it could
/// gain is input.
contract HostilePoolsTest is ExecutorTest {
    struct Case {
        Loan loan;
        Hop[] hops;
        uint256 index;
        ScriptedPool pool;
        address tokenIn;
        address tokenOut;
        uint256 amountIn;
        uint256 amountOut;
        /// @dev What the hop announces.
        bytes data;
        uint256 profit;
    }

    /// @dev What lies in the contract of every token.
    uint256 private constant LYING_THERE = 1e36;

    function testFuzz_PaysUnderEveryName(uint256 seed) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
    }

    function testFuzz_CallingBackTwiceGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        for (uint256 name = 0; name < 3; ++name) _prepare(c, _charge(c, name, c.amountIn), false);
        _requireEarns(c);
        for (uint256 i = 1; i < 4; ++i) _requireRefused(c.pool, i, _unannounced(address(c.pool)));
    }

    function testFuzz_RevertWhen_SecondCallbackIsRequired(uint256 seed, uint256 otherName) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _prepare(c, _charge(c, otherName, c.amountIn), true);
        _requireFails(c, _hopFailed(c, _unannounced(address(c.pool))));
    }

    /// @dev A refused callback leaves the announcement as it was: the pool can still be paid what it is owed.
    function testFuzz_ChargingMoreGainsNothing(uint256 seed, uint256 more) external {
        Case memory c = _case(seed);
        more = 1 + (more % LYING_THERE);
        _prepare(c, _charge(c, seed, c.amountIn + more), false);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        _requireRefused(c.pool, 0, _unexpected(int256(c.amountIn + more), c.amountIn));
    }

    function testFuzz_RevertWhen_PoolChargesMore(uint256 seed, uint256 more) external {
        Case memory c = _case(seed);
        more = 1 + (more % LYING_THERE);
        _prepare(c, _charge(c, seed, c.amountIn + more), true);
        _requireFails(c, _hopFailed(c, _unexpected(int256(c.amountIn + more), c.amountIn)));
    }

    /// @dev As a pool does whose price comes to its limit. Nor can it come back for the rest.
    function testFuzz_RevertWhen_PoolChargesLess(uint256 seed, uint256 less) external {
        Case memory c = _case(seed);
        less = 1 + (less % (c.amountIn - 1));
        _prepare(c, _charge(c, seed, c.amountIn - less), true);
        _requireFails(c, _hopFailed(c, _unexpected(int256(c.amountIn - less), c.amountIn)));
    }

    function testFuzz_RevertWhen_PoolChargesNothing(uint256 seed, uint128 negative) external {
        Case memory c = _case(seed);
        bytes4 name = _swapCallbacks()[seed % 4];
        int256 amount0 = -int256(uint256(negative));
        _prepare(c, abi.encodeWithSelector(name, amount0, amount0 - 1, c.data), true);
        _requireFails(c, _hopFailed(c, _unexpected(amount0, c.amountIn)));
    }

    function testFuzz_ChargingInBothTokensGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        bytes4 name = _swapCallbacks()[seed % 4];
        _prepare(c, abi.encodeWithSelector(name, c.amountIn, c.amountIn, c.data), true);
        _requireEarns(c);
    }

    function testFuzz_ChangingThePayloadGainsNothing(
        uint256 seed,
        address token,
        uint256 amount,
        bytes calldata data
    ) external {
        Case memory c = _case(seed);
        vm.assume(token != c.tokenIn || amount != c.amountIn);
        bytes4 name = _swapCallbacks()[seed % 4];
        bytes[4] memory payloads = [
            abi.encode(token, amount),
            abi.encode(c.tokenOut, c.amountIn),
            abi.encode(c.tokenIn, LYING_THERE),
            data
        ];
        for (uint256 i = 0; i < 4; ++i) {
            _prepare(c, abi.encodeWithSelector(name, c.amountIn, c.amountIn, payloads[i]), false);
        }
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        for (uint256 i = 0; i < 4; ++i) _requireRefused(c.pool, i, _unannounced(address(c.pool)));
    }

    function testFuzz_CallingFromElsewhereGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        Messenger messenger = new Messenger();
        bytes memory sent = abi.encodeCall(messenger.call, (address(flash), _charge(c, seed, c.amountIn)));
        c.pool.prepare(address(messenger), sent, false);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        _requireRefused(c.pool, 0, _unannounced(address(messenger)));
    }

    /// @dev As a lender would, with the payload of the swap and with that of the loan.
    function testFuzz_ChangingThePurposeGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        bytes[2] memory payloads = [c.data, abi.encode(c.loan, c.hops, c.profit, LYING_THERE)];
        for (uint256 i = 0; i < 2; ++i) {
            bytes[] memory callbacks = _callbacks(c.tokenIn, c.amountIn, payloads[i]);
            for (uint256 j = 0; j < 3; ++j) _prepare(c, callbacks[j], false);
        }
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        for (uint256 i = 0; i < 6; ++i) _requireRefused(c.pool, i, _unannounced(address(c.pool)));
    }

    /// @dev While its own callback is awaited, a pool that is owner and operator begins another order and a sweep, and
    /// makes a lender call back.
    function testFuzz_ReenteringGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        vm.startPrank(OWNER);
        flash.setOperator(address(c.pool), true);
        flash.transferOwnership(address(c.pool));
        vm.stopPrank();
        vm.prank(address(c.pool));
        flash.acceptOwnership();
        _prepare(c, abi.encodeCall(flash.execute, (0, c.loan, c.hops, 0, block.timestamp)), false);
        _prepare(c, abi.encodeCall(flash.sweep, (c.tokenIn)), false);
        bytes memory loan = abi.encodeCall(aave.flashLoanSimple, (address(flash), c.tokenIn, c.amountIn, c.data, 0));
        c.pool.prepare(address(aave), loan, false);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        bytes memory reentrant = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        _requireRefused(c.pool, 0, reentrant);
        _requireRefused(c.pool, 1, reentrant);
        _requireRefused(c.pool, 2, _unannounced(address(aave)));
    }

    function testFuzz_CallingBackOutsideOfItsHopGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        _requireRefusedNow(c);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        _requireEarns(c);
        _requireRefusedNow(c);
    }

    /// @dev A venue of another hop, of any pattern, makes the pool call back.
    function testFuzz_CallingBackInAnotherVenuesHopGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        uint256 other = _otherHop(c, seed);
        VenueReentering accomplice = VenueReentering(payable(address(_deployVenue("VenueReentering"))));
        address tokenIn = _tokenIn(c.loan, c.hops, other);
        _setRateE18(accomplice, tokenIn, c.hops[other].tokenOut, _isLastSwap(c, other) ? 1.1e18 : 1e18);
        c.hops[other].target = address(accomplice);
        for (uint256 name = 0; name < 3; ++name) {
            bytes memory charge = _charge(c, name, c.amountIn);
            accomplice.prepare(address(c.pool), abi.encodeCall(c.pool.call, (address(flash), charge)));
        }
        _requireEarns(c);
        for (uint256 i = 0; i < 3; ++i) {
            require(!accomplice.succeeded(i), "refuses the pool");
            require(keccak256(accomplice.answers(i)) == keccak256(_unannounced(address(c.pool))), "by its address");
        }
    }

    /// @dev Two pools help each other, each while the callback of the other is awaited.
    function testFuzz_CallingBackInAnotherPoolsHopGainsNothing(uint256 seed) external {
        Case memory c = _case(seed);
        // The same route: both pools are in it.
        Case memory d = _honestCase(seed);
        d.index = _otherHop(c, seed);
        _putPool(d);
        c.hops[d.index] = d.hops[d.index];
        d.hops = c.hops;
        // Otherwise what one of them announces is what the other is owed.
        vm.assume(keccak256(c.data) != keccak256(d.data));
        bytes memory chargeOfC = _charge(c, seed, c.amountIn);
        bytes memory chargeOfD = _charge(d, seed, d.amountIn);
        c.pool.prepare(address(d.pool), abi.encodeCall(d.pool.call, (address(flash), chargeOfD)), false);
        _prepare(c, chargeOfD, false);
        _prepare(c, chargeOfC, true);
        d.pool.prepare(address(c.pool), abi.encodeCall(c.pool.call, (address(flash), chargeOfC)), false);
        _prepare(d, chargeOfC, false);
        _prepare(d, chargeOfD, true);
        _requireEarns(c);
        _requireRefused(c.pool, 0, _unannounced(address(d.pool)));
        _requireRefused(c.pool, 1, _unannounced(address(c.pool)));
        _requireRefused(d.pool, 0, _unannounced(address(c.pool)));
        _requireRefused(d.pool, 1, _unannounced(address(d.pool)));
    }

    function testFuzz_RevertWhen_PoolDoesNotCallBack(uint256 seed) external {
        Case memory c = _case(seed);
        bytes4 notCalledBack = IFlashArbitrage.HopNotCalledBack.selector;
        _requireFails(c, abi.encodeWithSelector(notCalledBack, c.index, address(c.pool)));
    }

    function testFuzz_RevertWhen_PoolPaysLessThanItSays(uint256 seed, uint256 more) external {
        Case memory c = _case(seed);
        more = 1 + (more % LYING_THERE);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        c.pool.setAnswer(_changes(c, c.amountIn, c.amountOut + more));
        bytes4 short = IFlashArbitrage.TransferShort.selector;
        _requireFails(c, abi.encodeWithSelector(short, c.tokenOut, c.amountOut, c.amountOut + more));
    }

    /// @dev Two amounts of which none leaves the pool are no word on what it paid: what arrived counts.
    function testFuzz_PaysWithoutSayingSo(uint256 seed, uint128 amount0, uint128 amount1) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        c.pool.setAnswer(abi.encode(uint256(amount0), uint256(amount1)));
        _requireEarns(c);
    }

    function testFuzz_RevertWhen_PoolPaysAnotherToken(uint256 seed) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        address other = tokens[seed % tokens.length];
        vm.assume(other != c.tokenIn && other != c.tokenOut);
        c.pool.setPayment(other, c.amountOut);
        bytes4 short = IFlashArbitrage.TransferShort.selector;
        _requireFails(c, abi.encodeWithSelector(short, c.tokenOut, 0, c.amountOut));
    }

    function testFuzz_RevertWhen_PoolAnswersOneWord(uint256 seed) external {
        Case memory c = _case(seed);
        _prepare(c, _charge(c, seed, c.amountIn), true);
        c.pool.setAnswer(abi.encode(-int256(c.amountOut)));
        bytes4 nothing = IFlashArbitrage.HopAnsweredNothing.selector;
        _requireFails(c, abi.encodeWithSelector(nothing, c.index, Venue.UniswapV3, address(c.pool)));
    }

    /* CASES */

    /// @dev Sends one hop of a route that earns to a pool without a script, and leaves something lying in the contract.
    function _case(uint256 seed) private returns (Case memory c) {
        c = _honestCase(seed);
        _putPool(c);
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 lying = _balance(tokens[i], address(flash));
            if (lying < LYING_THERE) _fund(tokens[i], address(flash), LYING_THERE - lying);
        }
    }

    function _honestCase(uint256 seed) private returns (Case memory c) {
        Random memory random = Random(seed);
        c.loan = _loan(random);
        c.hops = _earningRoute(random, c.loan);
        c.index = _draw(random, c.hops.length);
    }

    /// @dev Puts a pool that pays as the target of the hop at `c.index` does in its place.
    function _putPool(Case memory c) private {
        Flow memory flow = _flow(c.loan, c.hops);
        c.profit = flow.delivered - c.loan.amount - _feeOf(c.loan);
        c.tokenIn = _tokenIn(c.loan, c.hops, c.index);
        c.tokenOut = c.hops[c.index].tokenOut;
        (c.amountIn, c.amountOut) = (flow.amountsIn[c.index], flow.amountsOut[c.index]);
        c.data = abi.encode(c.tokenIn, c.amountIn);
        c.pool = ScriptedPool(_deploy("ScriptedPool.sol:ScriptedPool", ""));
        c.pool.setPayment(c.tokenOut, c.amountOut);
        c.pool.setAnswer(_changes(c, c.amountIn, c.amountOut));
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(c.pool), INVENTORY);
        spenders.push(address(c.pool));
        c.hops[c.index] = Hop(uint8(Venue.UniswapV3), address(c.pool), c.tokenOut, c.hops[c.index].amountIn, "");
    }

    /// @dev Returns a hop other than the pool's.
    function _otherHop(Case memory c, uint256 seed) private pure returns (uint256) {
        return (c.index + 1 + (seed % (c.hops.length - 1))) % c.hops.length;
    }

    /// @dev Returns whether a hop belongs to the last swap, which earns.
    function _isLastSwap(Case memory c, uint256 index) private pure returns (bool) {
        for (uint256 i = index; i < c.hops.length - 1; ++i) if (c.hops[i].amountIn == 0) return false;
        return true;
    }

    function _prepare(Case memory c, bytes memory payload, bool required) private {
        c.pool.prepare(address(flash), payload, required);
    }

    /// @dev The callback of the pool for `amount` of the hop's input.
    function _charge(Case memory c, uint256 name, uint256 amount) private pure returns (bytes memory) {
        return
            bytes.concat(
                _swapCallbacks()[name % 4],
                bytes.concat(_changes(c, amount, c.amountOut), abi.encode(uint256(0x60), c.data.length), c.data)
            );
    }

    /// @dev What the pool's balances change by.
    function _changes(Case memory c, uint256 amountIn, uint256 amountOut) private pure returns (bytes memory) {
        return
            c.tokenIn < c.tokenOut
                ? abi.encode(int256(amountIn), -int256(amountOut))
                : abi.encode(-int256(amountOut), int256(amountIn));
    }

    /* REQUIREMENTS */

    /// @dev Requires that the order earns what it would through an honest pool, and that the pool has its input once.
    function _requireEarns(Case memory c) private {
        uint256 poolBefore = _balance(c.tokenIn, address(c.pool));
        uint256 treasuryBefore = _balance(c.loan.token, TREASURY);
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, c.profit);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        require(_balance(c.tokenIn, address(c.pool)) - poolBefore == c.amountIn, "the pool gets the input, once");
        require(_balance(c.loan.token, TREASURY) - treasuryBefore == c.profit, "the treasury gets the whole profit");
        _requireUntouched();
        _requireNothingPending();
    }

    function _requireFails(Case memory c, bytes memory expected) private {
        (bool success, bytes memory answer) = _execute(c.loan, c.hops, 0);
        require(!success, "the order reverts");
        require(keccak256(answer) == keccak256(expected), "with the error that names the reason");
        _requireUntouched();
        _requireNothingPending();
    }

    function _requireUntouched() private view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == LYING_THERE, "what lay there stays");
        }
        _requireNoAllowance();
    }

    function _requireRefused(ScriptedPool pool, uint256 step, bytes memory expected) private view {
        require(!pool.succeeded(step), "refuses the pool");
        require(keccak256(pool.answers(step)) == keccak256(expected), "with the error that names the reason");
    }

    function _requireRefusedNow(Case memory c) private {
        for (uint256 name = 0; name < 3; ++name) {
            vm.prank(address(c.pool));
            (bool success, bytes memory answer) = address(flash).call(_charge(c, name, c.amountIn));
            require(!success, "refuses the pool");
            require(keccak256(answer) == keccak256(_unannounced(address(c.pool))), "by its address");
        }
    }

    function _hopFailed(Case memory c, bytes memory reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.HopFailed.selector, c.index, Venue.UniswapV3, reason);
    }

    function _unannounced(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, caller);
    }

    function _unexpected(int256 owed, uint256 amountIn) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.UnexpectedCharge.selector, owed, amountIn);
    }
}
