// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title VaultBorrower
/// @notice Borrows from Balancer's vault, makes one call of the vault if it has one to make, and repays what it is told.
contract VaultBorrower {
    using SafeERC20 for IERC20;

    address public immutable vault;

    /// @notice What the last loan cost, in units of its first token.
    uint256 public charged;

    constructor(address vault_) {
        vault = vault_;
    }

    /// @notice Starts the loan that `loan`, a call of `flashLoan`, asks for.
    function borrow(bytes calldata loan) external {
        _callVault(loan);
    }

    /// @notice Repays amount and fee of each token, `delta` units more or less of the first, after `inner`, a call of
    /// the vault, if there is one.
    function receiveFlashLoan(
        IERC20[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata feeAmounts,
        bytes calldata userData
    ) external {
        (int256 delta, bytes memory inner) = abi.decode(userData, (int256, bytes));
        charged = feeAmounts[0];
        if (inner.length != 0) _callVault(inner);
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 owed = amounts[i] + feeAmounts[i];
            tokens[i].safeTransfer(vault, i == 0 ? uint256(int256(owed) + delta) : owed);
        }
    }

    function _callVault(bytes memory payload) private {
        (bool success, bytes memory reason) = vault.call(payload);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
