// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface IAavePool {
    function flashLoanSimple(
        address receiver,
        address asset,
        uint256 amount,
        bytes calldata params,
        uint16 referral
    ) external;
}

interface IMorpho {
    function flashLoan(address token, uint256 assets, bytes calldata data) external;
}

/// @title FlashBorrower
/// @notice Takes a flash loan and repays all of it but a chosen shortfall.
contract FlashBorrower {
    uint256 private _shortfall;

    /// @notice Emitted while the loan is held.
    event Held(address indexed token, uint256 amount, uint256 fee, uint256 balance, address initiator);

    /// @notice Borrows from Aave V3 and approves `shortfall` units less than it owes.
    function borrowFromAave(address pool, address token, uint256 amount, uint256 shortfall) external {
        _shortfall = shortfall;
        IAavePool(pool).flashLoanSimple(address(this), token, amount, "", 0);
    }

    /// @notice Borrows from Morpho Blue and approves `shortfall` units less than it owes.
    function borrowFromMorpho(address morpho, address token, uint256 amount, uint256 shortfall) external {
        _shortfall = shortfall;
        IMorpho(morpho).flashLoan(token, amount, abi.encode(token));
    }

    /// @notice Aave's callback.
    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address initiator,
        bytes calldata
    ) external returns (bool) {
        _hold(asset, amount, premium, initiator);
        return true;
    }

    /// @notice Morpho's callback.
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external {
        _hold(abi.decode(data, (address)), assets, 0, address(0));
    }

    function _hold(address token, uint256 amount, uint256 fee, address initiator) private {
        emit Held(token, amount, fee, IERC20(token).balanceOf(address(this)), initiator);
        IERC20(token).approve(msg.sender, amount + fee - _shortfall);
    }
}
