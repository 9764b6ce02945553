// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The part of Morpho Blue that a loan uses.
interface IMorphoFlashLoan {
    function flashLoan(address token, uint256 assets, bytes calldata data) external;
}

/// @title MorphoBlue
/// @notice Loans of Morpho Blue, which calls `onMorphoFlashLoan` and then pulls the amount. It takes no fee.
library MorphoBlue {
    function borrow(address morpho, address token, uint256 amount, bytes calldata payload) internal {
        IMorphoFlashLoan(morpho).flashLoan(token, amount, payload);
    }

    function repay(address morpho, address token, uint256 owed) internal {
        SafeERC20.forceApprove(IERC20(token), morpho, owed);
    }
}
