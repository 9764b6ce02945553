// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The part of a pair that a loan uses.
interface IFlashPair {
    function token0() external view returns (address);

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title PairFlash
/// @notice Loans of a pair of Uniswap V2, Camelot V2 or Solidly: a swap that takes its output as input. The pair calls back
/// by its generation's name, `uniswapV2Call` or `hook`, and then looks at its balances. It does not say what it asks for:
/// the loan names the fee, and the pair's invariant refuses one that is too small.
library PairFlash {
    /// @dev A pair that lies about its tokens does not send the one that is asked for.
    function borrow(address pair, address token, uint256 amount, bytes calldata payload) internal {
        bool isToken0 = IFlashPair(pair).token0() == token;
        (uint256 amount0, uint256 amount1) = isToken0 ? (amount, uint256(0)) : (uint256(0), amount);
        IFlashPair(pair).swap(amount0, amount1, address(this), payload);
    }
}
