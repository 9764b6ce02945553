// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The part of Balancer V3's vault that a loan uses.
interface IBalancerV3Vault {
    function unlock(bytes calldata data) external returns (bytes memory result);

    function sendTo(address token, address to, uint256 amount) external;

    function settle(address token, uint256 amountHint) external returns (uint256 credit);
}

/// @notice What the vault is told to call.
interface IBalancerV3Borrower {
    function onBalancerV3Unlock(bytes calldata payload) external;
}

/// @title BalancerV3
/// @notice Loans of Balancer V3's vault, which calls whoever unlocks it with what they say, sends what they ask for, and
/// refuses to lock again until all of it is settled. It takes no fee, and its lock covers no hop.
library BalancerV3 {
    function borrow(address vault, bytes calldata payload) internal {
        IBalancerV3Vault(vault).unlock(abi.encodeCall(IBalancerV3Borrower.onBalancerV3Unlock, (payload)));
    }

    function take(address vault, address token, uint256 amount) internal {
        IBalancerV3Vault(vault).sendTo(token, address(this), amount);
    }

    /// @dev Exactly what is owed: the vault keeps a surplus.
    function repay(address vault, address token, uint256 owed) internal {
        SafeERC20.safeTransfer(IERC20(token), vault, owed);
        IBalancerV3Vault(vault).settle(token, owed);
    }
}
