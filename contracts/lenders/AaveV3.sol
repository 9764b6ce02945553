// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IPool } from "@aave/core-v3/contracts/interfaces/IPool.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title AaveV3
/// @notice Loans of Aave V3's pool, which calls `executeOperation` and then pulls the amount and its premium.
library AaveV3 {
    function borrow(address pool, address token, uint256 amount, bytes calldata payload) internal {
        // The last argument is a referral code, a programme that is not active.
        IPool(pool).flashLoanSimple(address(this), token, amount, payload, 0);
    }

    function repay(address pool, address token, uint256 owed) internal {
        SafeERC20.forceApprove(IERC20(token), pool, owed);
    }
}
