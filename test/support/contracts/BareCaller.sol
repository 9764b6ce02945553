// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IBalancerV3Vault } from "../../../contracts/lenders/BalancerV3.sol";

/// @title BareCaller
/// @notice Calls routers, pools and lenders with ready-made calldata and checks nothing: what a route's swaps and its loan cost
/// by themselves.
contract BareCaller {
    struct Step {
        address target;
        bytes payload;
    }

    /// @notice Lets `spender` take any amount, once, before anything is measured.
    function approve(IERC20 token, address spender) external {
        SafeERC20.forceApprove(token, spender, type(uint256).max);
    }

    /// @notice Makes the calls in order.
    function run(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; ++i) {
            (bool success, bytes memory reason) = steps[i].target.call(steps[i].payload);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
    }

    /// @notice Takes a loan of Aave V3's pool, approved before, and gives it back at once.
    function executeOperation(address, uint256, uint256, address, bytes calldata) external pure returns (bool) {
        return true;
    }

    /// @notice Gives a loan of Balancer's vault back.
    function receiveFlashLoan(
        IERC20[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata
    ) external {
        SafeERC20.safeTransfer(tokens[0], msg.sender, amounts[0] + fees[0]);
    }

    /// @notice Takes a loan of Morpho Blue, approved before, and gives it back at once.
    function onMorphoFlashLoan(uint256, bytes calldata) external pure {}

    /// @notice Takes a loan of Balancer V3's vault, which it has unlocked, and settles it.
    function onBalancerV3Unlock(bytes calldata data) external {
        (address token, uint256 amount) = abi.decode(data, (address, uint256));
        IBalancerV3Vault(msg.sender).sendTo(token, address(this), amount);
        _giveBack(data);
        IBalancerV3Vault(msg.sender).settle(token, amount);
    }

    /// @notice Gives a loan of a pool of Uniswap V3 back.
    function uniswapV3FlashCallback(uint256, uint256, bytes calldata data) external {
        _giveBack(data);
    }

    /// @notice Gives a loan of a pool of Algebra back.
    function algebraFlashCallback(uint256, uint256, bytes calldata data) external {
        _giveBack(data);
    }

    /// @notice Gives a loan of a pair of Uniswap V2 back.
    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        _giveBack(data);
    }

    /// @notice Gives a loan of a pair of Solidly back.
    function hook(address, uint256, uint256, bytes calldata data) external {
        _giveBack(data);
    }

    // solhint-disable func-name-mixedcase

    /// @notice Gives a loan of a vending machine of DODO back.
    function DVMFlashLoanCall(address, uint256, uint256, bytes calldata data) external {
        _giveBack(data);
    }

    // solhint-enable func-name-mixedcase

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function pancakeV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function ramsesV2SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    /// @dev Sends whoever lent what a loan was asked for with: a token, and the amount with its fee.
    function _giveBack(bytes calldata data) private {
        (IERC20 token, uint256 owed) = abi.decode(data, (IERC20, uint256));
        SafeERC20.safeTransfer(token, msg.sender, owed);
    }

    /// @dev Pays whoever asks, in the token that FlashArbitrage writes first into a callback's data.
    function _pay(int256 amount0, int256 amount1, bytes calldata data) private {
        uint256 owed = uint256(amount0 > amount1 ? amount0 : amount1);
        SafeERC20.safeTransfer(IERC20(abi.decode(data, (address))), msg.sender, owed);
    }
}
