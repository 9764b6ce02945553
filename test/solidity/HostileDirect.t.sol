// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IDodoPool } from "../../contracts/interfaces/IDodo.sol";
import { Hop, IFlashArbitrage, Lender, Loan, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { LyingPool, TakingPool } from "../support/contracts/LyingPool.sol";
import { vm } from "./Cheatcodes.sol";
import { ExecutorTest } from "./Executor.sol";

/// @notice A loan of one token goes straight through a pool that lies, and then through an honest one that pays ten percent,
/// while more than the route moves lies in the contract of every token.
contract HostileDirectTest is ExecutorTest {
    uint256 private constant LYING_THERE = 1e36;
    uint256 private constant PATTERNS = 3;

    LyingPool private pool;
    TakingPool private taking;
    address private tokenIn;
    address private tokenOut;

    function setUp() public override {
        super.setUp();
        (tokenIn, tokenOut) = (tokens[1], tokens[2]);
        pool = LyingPool(_deploy("LyingPool.sol:LyingPool", ""));
        taking = TakingPool(_deploy("LyingPool.sol:TakingPool", abi.encode(tokenOut, tokenIn)));
        _fund(tokenOut, address(pool), INVENTORY);
        _fund(tokenIn, address(taking), INVENTORY);
        spenders.push(address(pool));
        spenders.push(address(taking));
        _setRateE18(pools[tokenOut][tokenIn], tokenOut, tokenIn, 1.1e18);
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(flash), LYING_THERE);
    }

    function testFuzz_EarnsWhatThePoolPays(uint256 pattern, uint96 amount, bool handsOn) external {
        _assumeEnough(amount);
        pool.script(tokenOut, amount, amount);
        _requireEarns(pattern, amount, handsOn, uint256(amount) / 10);
    }

    /// @dev More than the pool says is the route's as well, where it comes to the contract.
    function testFuzz_EarnsWhatThePoolPaysUnsaid(uint256 pattern, uint96 amount, uint64 more) external {
        _assumeEnough(amount);
        pool.script(tokenOut, uint256(amount) + more, amount);
        _requireEarns(pattern, amount, false, ((uint256(amount) + more) * 11) / 10 - amount);
    }

    function testFuzz_RevertWhen_PoolSaysMoreThanItPays(uint256 pattern, uint96 amount, uint256 less) external {
        _assumeEnough(amount);
        less = 1 + (less % amount);
        pool.script(tokenOut, amount - less, amount);
        bytes4 short = IFlashArbitrage.TransferShort.selector;
        _requireFails(pattern, amount, false, abi.encodeWithSelector(short, tokenOut, amount - less, amount));
    }

    /// @dev What lies in the contract makes up for nothing: the pool behind has what arrived, and the route loses.
    function testFuzz_RevertWhen_PoolHandsOnLessThanItSays(uint256 pattern, uint96 amount, uint256 less) external {
        _assumeEnough(amount);
        less = amount / 10 + 1 + (less % (amount - amount / 10));
        if (less > amount) less = amount;
        pool.script(tokenOut, amount - less, uint256(amount) * 1e9);
        int256 profit = int256(((amount - less) * 11) / 10) - int256(uint256(amount));
        bytes4 insufficient = IFlashArbitrage.InsufficientProfit.selector;
        _requireFails(pattern, amount, true, abi.encodeWithSelector(insufficient, profit, 0));
    }

    function testFuzz_CallingBackGainsNothing(uint256 pattern, uint96 amount) external {
        _assumeEnough(amount);
        bytes memory data = abi.encode(tokenIn, amount);
        pool.script(tokenOut, amount, amount);
        bytes4 name = _swapCallbacks()[pattern % 4];
        pool.prepare(address(flash), abi.encodeWithSelector(name, int256(uint256(amount)), int256(-1), data));
        _requireEarns(pattern, amount, false, uint256(amount) / 10);
        require(!pool.succeeded(), "refuses the pool");
        bytes memory refusal = abi.encodeWithSelector(IFlashArbitrage.UnannouncedCallback.selector, address(pool));
        require(keccak256(pool.answer()) == keccak256(refusal), "by its address");
    }

    /* ROUTES */

    /// @dev Enough for ten percent of it to be something.
    function _assumeEnough(uint96 amount) private view {
        vm.assume(amount >= 1_000);
    }

    function _order(
        uint256 pattern,
        uint96 amount,
        bool handsOn
    ) private view returns (Loan memory loan, Hop[] memory hops) {
        loan = Loan(uint8(Lender.MorphoBlue), address(0), tokenIn, amount, 0);
        hops = new Hop[](2);
        bytes memory sale = abi.encodePacked(IDodoPool.sellBase.selector);
        pattern %= PATTERNS;
        if (pattern == 0) hops[0] = Hop(uint8(Venue.Solidly), address(pool), tokenOut, 0, new bytes(20));
        else if (pattern == 1) hops[0] = Hop(uint8(Venue.WooFi), address(pool), tokenOut, 0, "");
        else hops[0] = Hop(uint8(Venue.Dodo), address(pool), tokenOut, 0, sale);
        hops[1] =
            handsOn
                ? Hop(uint8(Venue.Dodo), address(taking), tokenIn, 0, sale)
                : Hop(uint8(Venue.UniswapV3), address(pools[tokenOut][tokenIn]), tokenIn, 0, "");
    }

    function _requireEarns(uint256 pattern, uint96 amount, bool handsOn, uint256 profit) private {
        (Loan memory loan, Hop[] memory hops) = _order(pattern, amount, handsOn);
        uint256 before = _balance(tokenIn, TREASURY);
        (bool success, bytes memory answer) = _execute(loan, hops, profit);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        require(_balance(tokenIn, TREASURY) - before == profit, "the treasury gets the whole profit");
        _requireUntouched();
    }

    function _requireFails(uint256 pattern, uint96 amount, bool handsOn, bytes memory expected) private {
        (Loan memory loan, Hop[] memory hops) = _order(pattern, amount, handsOn);
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success, "the order reverts");
        require(keccak256(answer) == keccak256(expected), "with the error that names the reason");
        _requireUntouched();
    }

    function _requireUntouched() private view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == LYING_THERE, "what lay there stays");
        }
        _requireNoAllowance();
    }
}
