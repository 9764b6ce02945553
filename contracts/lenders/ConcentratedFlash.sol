// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The part of a pool with concentrated liquidity that a loan uses.
interface IConcentratedFlashPool {
    function token0() external view returns (address);

    function flash(address recipient, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

/// @title ConcentratedFlash
/// @notice Loans of a pool of Uniswap V3, of a fork that kept its interface, or of Algebra: it calls back under its own
/// name for `uniswapV3FlashCallback` with what it asks for, and then looks at its balance.
library ConcentratedFlash {
    /// @dev A pool that lies about its tokens does not send the one that is asked for.
    function borrow(address pool, address token, uint256 amount, bytes calldata payload) internal {
        bool isToken0 = IConcentratedFlashPool(pool).token0() == token;
        (uint256 amount0, uint256 amount1) = isToken0 ? (amount, uint256(0)) : (uint256(0), amount);
        IConcentratedFlashPool(pool).flash(address(this), amount0, amount1, payload);
    }
}
