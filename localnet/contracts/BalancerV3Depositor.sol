// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { BalancerV3Vault } from "./BalancerV3Vault.sol";

/// @title BalancerV3Depositor
/// @notice Gives tokens to Balancer V3's vault, which calls whoever unlocks it, so that an account needs a contract between.
/// No twin of anything.
contract BalancerV3Depositor {
    BalancerV3Vault private immutable VAULT;

    constructor(BalancerV3Vault vault) {
        VAULT = vault;
    }

    /// @notice Turns `amount` of the caller's allowance into reserves of the vault, as a gift.
    function deposit(IERC20 token, uint256 amount) external {
        SafeERC20.safeTransferFrom(token, msg.sender, address(VAULT), amount);
        VAULT.unlock(abi.encodeCall(this.settle, (token)));
    }

    /// @notice Takes in what was sent to the vault, without a credit for anyone.
    function settle(IERC20 token) external {
        VAULT.settle(token, 0);
    }
}
