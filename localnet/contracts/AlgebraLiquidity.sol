// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The part of an Algebra pool that positions need, equal in every generation with mint callbacks.
interface IAlgebraPositions {
    function token0() external view returns (address);

    function token1() external view returns (address);

    function mint(
        address sender,
        address recipient,
        int24 bottomTick,
        int24 topTick,
        uint128 liquidity,
        bytes calldata data
    ) external returns (uint256 amount0, uint256 amount1, uint128 liquidityActual);

    function burn(
        int24 bottomTick,
        int24 topTick,
        uint128 liquidity
    ) external returns (uint256 amount0, uint256 amount1);

    function collect(
        address recipient,
        int24 bottomTick,
        int24 topTick,
        uint128 amount0Requested,
        uint128 amount1Requested
    ) external returns (uint128 amount0, uint128 amount1);
}

/// @title AlgebraLiquidity
/// @notice Adds positions to Algebra pools and removes them, for the localnet and for tests: no twin of anything.
/// @dev It owns the positions and pays for them with tokens that it already holds. Anyone can make it spend them:
/// Warning: it is not meant to hold value.
contract AlgebraLiquidity {
    using SafeERC20 for IERC20;

    /// @notice Liquidity between two ticks.
    struct Position {
        int24 bottomTick;
        int24 topTick;
        uint128 liquidity;
    }

    /// @dev The pool that may ask for tokens, for as long as a mint lasts.
    IAlgebraPositions private _minting;

    /// @notice Thrown when the mint callback comes from anything but the pool that is minting.
    error NotMinting(address caller);

    /// @notice Adds `positions` to `pool`.
    function add(IAlgebraPositions pool, Position[] calldata positions) external {
        _minting = pool;
        for (uint256 i = 0; i < positions.length; ++i) {
            Position calldata position = positions[i];
            pool.mint(address(this), address(this), position.bottomTick, position.topTick, position.liquidity, "");
        }
        _minting = IAlgebraPositions(address(0));
    }

    /// @notice Removes `position` from `pool` and keeps what comes out.
    function remove(IAlgebraPositions pool, Position calldata position) external {
        pool.burn(position.bottomTick, position.topTick, position.liquidity);
        pool.collect(address(this), position.bottomTick, position.topTick, type(uint128).max, type(uint128).max);
    }

    /// @notice Pays the pool that is minting.
    function algebraMintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        if (msg.sender != address(_minting)) revert NotMinting(msg.sender);
        if (amount0 > 0) IERC20(_minting.token0()).safeTransfer(msg.sender, amount0);
        if (amount1 > 0) IERC20(_minting.token1()).safeTransfer(msg.sender, amount1);
    }
}
