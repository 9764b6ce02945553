// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage, Loan } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { vm } from "./Cheatcodes.sol";
import { PoolHopsTest } from "./PoolHops.sol";

/// @notice Routes of two swaps, the first or the second of which is split. What splits pay is in {ExecutionTest}, whose
/// random routes have some, and in {SolidlyRoutesTest}.
contract SplitsTest is PoolHopsTest {
    function testFuzz_RevertWhen_ShareLeavesNothing(uint256 seed, uint256 excess) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        uint256 index = _draw(random, 2);
        Hop[] memory hops = _hops(random, loan, 3, 2 - index);
        Hop[] memory before = new Hop[](index);
        if (index == 1) before[0] = hops[0];
        uint256 held = index == 0 ? loan.amount : _flow(loan, before).delivered;
        uint256 amountIn = held + (excess % 1e36);
        hops[index].amountIn = amountIn;
        _requireRevert(loan, hops, _leavesNothing(index, amountIn, held));
    }

    function testFuzz_RevertWhen_SharesTogetherLeaveNothing(uint256 seed, uint256 share, uint256 excess) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _hops(random, loan, 4, 3);
        hops[0].amountIn = 1 + (share % (loan.amount - 1));
        hops[1].amountIn = loan.amount - hops[0].amountIn + (excess % 1e36);
        uint256 held = loan.amount - hops[0].amountIn;
        _assumePays(hops[0], hops[0].amountIn);
        _requireRevert(loan, hops, _leavesNothing(1, hops[1].amountIn, held));
    }

    /// @dev One unit is enough for the last hop of a split.
    function testFuzz_SharesCanLeaveOneUnit(uint256 seed, uint256 share) external {
        Random memory random = Random(seed);
        Loan memory loan = _loan(random);
        Hop[] memory hops = _hops(random, loan, 4, 3);
        hops[0].amountIn = 1 + (share % (loan.amount - 2));
        hops[1].amountIn = loan.amount - hops[0].amountIn - 1;
        _setRateE18(venue, hops[2].tokenOut, loan.token, 1.1e18);
        for (uint256 i = 0; i < 2; ++i) _assumePays(hops[i], hops[i].amountIn);
        _assumePays(hops[2], 1);
        require(_flow(loan, hops).amountsIn[2] == 1, "leaves one unit");
        // A pair has one price for both ways: it may lose what the way back earns.
        _requireOutcome(loan, hops, _profitOf(loan, hops));
    }

    /// @dev Returns `length` hops: the first `there` to another token, the others back. All pay one for one.
    function _hops(
        Random memory random,
        Loan memory loan,
        uint256 length,
        uint256 there
    ) private view returns (Hop[] memory hops) {
        address other = loan.token == tokens[1] ? tokens[2] : tokens[1];
        hops = new Hop[](length);
        for (uint256 i = 0; i < length; ++i) {
            (address tokenIn, address tokenOut) = i < there ? (loan.token, other) : (other, loan.token);
            hops[i] = _drawHop(random, loan, tokenIn, tokenOut);
        }
    }

    /// @dev A pair refuses one unit: what it keeps of it leaves nothing to pay.
    function _assumePays(Hop memory hop, uint256 amountIn) private pure {
        vm.assume(amountIn > 1 || !_isPair(hop));
    }

    function _leavesNothing(uint256 index, uint256 amountIn, uint256 held) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IFlashArbitrage.SplitLeavesNothing.selector, index, amountIn, held);
    }
}
