// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { DodoClassicalMath } from "./DodoClassicalMath.sol";
import { DodoErc20 } from "./DodoErc20.sol";
import { DodoMath } from "./DodoMath.sol";
import { IDodoAdapter } from "./DodoV2Adapter.sol";

/// @notice What the helper and the adapter ask of a classical pool.
interface IDodoClassical {
    function _BASE_TOKEN_() external view returns (address);
    function _QUOTE_TOKEN_() external view returns (address);
    function _BASE_BALANCE_() external view returns (uint256);
    function _QUOTE_BALANCE_() external view returns (uint256);
    function _K_() external view returns (uint256);
    function _R_STATUS_() external view returns (uint8);
    function _LP_FEE_RATE_() external view returns (uint256);
    function _MT_FEE_RATE_() external view returns (uint256);
    function getOraclePrice() external view returns (uint256);
    function getExpectedTarget() external view returns (uint256 baseTarget, uint256 quoteTarget);
    function querySellBaseToken(uint256 amount) external view returns (uint256);
    function sellBaseToken(uint256 amount, uint256 minReceiveQuote, bytes calldata data) external returns (uint256);
    function buyBaseToken(uint256 amount, uint256 maxPayQuote, bytes calldata data) external returns (uint256);
}

/// @title DodoSellHelper
/// @notice Twin of DODOEX/contractV2 `SmartRoute/helper/DODOSellHelper.sol`: how much base an amount of quote buys from a
/// classical pool, which itself only says what an amount of base costs.
/// @dev Reproduces: rounding down, so that what it says costs at most the amount in nearly all states. Leaves out: nothing.
contract DodoSellHelper {
    using DodoMath for uint256;

    function querySellBaseToken(address dodo, uint256 amount) external view returns (uint256) {
        return IDodoClassical(dodo).querySellBaseToken(amount);
    }

    function querySellQuoteToken(address dodo, uint256 amount) external view returns (uint256) {
        IDodoClassical pool = IDodoClassical(dodo);
        (uint256 baseTarget, uint256 quoteTarget) = pool.getExpectedTarget();
        DodoMath.PMMState memory state = DodoMath.PMMState({
            i: pool.getOraclePrice(),
            K: pool._K_(),
            B: pool._BASE_BALANCE_(),
            Q: pool._QUOTE_BALANCE_(),
            B0: baseTarget,
            Q0: quoteTarget,
            R: DodoMath.RState(pool._R_STATUS_())
        });
        uint256 bought = DodoClassicalMath.sellQuote(state, amount);
        return bought.divWadDown(DodoMath.ONE.add(pool._MT_FEE_RATE_()).add(pool._LP_FEE_RATE_()));
    }
}

/// @title DodoV1Adapter
/// @notice Twin of DODOEX/contractV2 `SmartRoute/adapter/DODOV1Adapter.sol`: a hop through a classical pool.
/// @dev Reproduces: it sells all that it holds of the input, whoever sent it; after a sale of base it passes on all that it
/// holds of quote, after a purchase exactly what it bought; what the purchase did not cost stays for the next hop; the pool
/// is the caller's word and gets a lasting allowance. Leaves out: nothing.
contract DodoV1Adapter is IDodoAdapter {
    address public immutable _DODO_SELL_HELPER_;

    constructor(address sellHelper) {
        _DODO_SELL_HELPER_ = sellHelper;
    }

    function sellBase(address to, address pool, bytes memory) external {
        uint256 amount = _allowAll(IDodoClassical(pool)._BASE_TOKEN_(), pool);
        IDodoClassical(pool).sellBaseToken(amount, 0, "");
        if (to == address(this)) return;
        address quote = IDodoClassical(pool)._QUOTE_TOKEN_();
        DodoErc20.pay(quote, to, IERC20(quote).balanceOf(address(this)));
    }

    function sellQuote(address to, address pool, bytes memory) external {
        uint256 amount = _allowAll(IDodoClassical(pool)._QUOTE_TOKEN_(), pool);
        uint256 bought = DodoSellHelper(_DODO_SELL_HELPER_).querySellQuoteToken(pool, amount);
        IDodoClassical(pool).buyBaseToken(bought, amount, "");
        if (to != address(this)) DodoErc20.pay(IDodoClassical(pool)._BASE_TOKEN_(), to, bought);
    }

    /// @dev Returns what the adapter holds of a token, which the pool may then take.
    function _allowAll(address token, address pool) private returns (uint256 amount) {
        amount = IERC20(token).balanceOf(address(this));
        uint256 allowance = IERC20(token).allowance(address(this), pool);
        if (allowance >= amount) return amount;
        if (allowance > 0) DodoErc20.approve(token, pool, 0);
        DodoErc20.approve(token, pool, type(uint256).max);
    }
}
