// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 as IBalancerERC20 } from "@balancer-labs/v2-interfaces/contracts/solidity-utils/openzeppelin/IERC20.sol";
import { IFlashLoanRecipient } from "@balancer-labs/v2-interfaces/contracts/vault/IFlashLoanRecipient.sol";
import { IVault } from "@balancer-labs/v2-interfaces/contracts/vault/IVault.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title BalancerV2
/// @notice Loans of Balancer V2's vault, which calls `receiveFlashLoan` and then looks at its balance. Its lock is one
/// for loans and swaps.
library BalancerV2 {
    function borrow(address vault, address token, uint256 amount, bytes calldata payload) internal {
        IBalancerERC20[] memory tokens = new IBalancerERC20[](1);
        uint256[] memory amounts = new uint256[](1);
        tokens[0] = IBalancerERC20(token);
        amounts[0] = amount;
        IVault(vault).flashLoan(IFlashLoanRecipient(address(this)), tokens, amounts, payload);
    }

    /// @dev Exactly what is owed: the vault keeps a surplus.
    function repay(address vault, address token, uint256 owed) internal {
        SafeERC20.safeTransfer(IERC20(token), vault, owed);
    }
}
