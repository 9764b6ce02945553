// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @notice The part of DODO's vending machines, private and stable pools that a loan uses.
interface IDodoFlashPool {
    // solhint-disable-next-line func-name-mixedcase
    function _BASE_TOKEN_() external view returns (address);

    function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes calldata data) external;
}

/// @title DodoFlash
/// @notice Loans of a DODO pool, which calls back by its kind's name, `DVMFlashLoanCall` for a vending machine, and then
/// looks at its balances. It asks for nothing where the token that it lent comes back.
library DodoFlash {
    /// @dev A pool that lies about its tokens does not send the one that is asked for.
    function borrow(address pool, address token, uint256 amount, bytes calldata payload) internal {
        bool isBase = IDodoFlashPool(pool)._BASE_TOKEN_() == token;
        (uint256 base, uint256 quote) = isBase ? (amount, uint256(0)) : (uint256(0), amount);
        IDodoFlashPool(pool).flashLoan(base, quote, address(this), payload);
    }
}
