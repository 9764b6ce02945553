// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title LyingPool
/// @notice A pair, a pool of DODO and one of WOOFi in one, that take what was sent to them: it pays and says what it was told,
/// whatever it is asked for, and makes one call in the middle of a swap.
contract LyingPool {
    using SafeERC20 for IERC20;

    address private _token;
    uint256 private _pays;
    uint256 private _says;
    address private _target;
    bytes private _payload;

    bool public succeeded;
    bytes public answer;

    /// @notice Sets what a swap pays its recipient, out of the pool's own balance, and what it says.
    function script(address token, uint256 pays, uint256 says) external {
        (_token, _pays, _says) = (token, pays, says);
    }

    function prepare(address target, bytes calldata payload) external {
        (_target, _payload) = (target, payload);
    }

    function getAmountOut(uint256, address) external view returns (uint256) {
        return _says;
    }

    function swap(uint256, uint256, address to, bytes calldata) external {
        _pay(to);
    }

    function swap(address, address, uint256, uint256, address to, address) external returns (uint256) {
        return _pay(to);
    }

    function sellBase(address to) external returns (uint256) {
        return _pay(to);
    }

    function _pay(address to) private returns (uint256) {
        if (_target != address(0)) (succeeded, answer) = _target.call(_payload);
        IERC20(_token).safeTransfer(to, _pays);
        return _says;
    }
}

/// @title TakingPool
/// @notice A pool of DODO that is honest: it pays ten percent more of its other token than was sent to it since it was made.
contract TakingPool {
    using SafeERC20 for IERC20;

    address private immutable TOKEN_IN;
    address private immutable TOKEN_OUT;
    uint256 private immutable RESERVE;

    constructor(address tokenIn, address tokenOut) {
        (TOKEN_IN, TOKEN_OUT, RESERVE) = (tokenIn, tokenOut, IERC20(tokenIn).balanceOf(address(this)));
    }

    function sellBase(address to) external returns (uint256 paid) {
        paid = ((IERC20(TOKEN_IN).balanceOf(address(this)) - RESERVE) * 11) / 10;
        IERC20(TOKEN_OUT).safeTransfer(to, paid);
    }
}
